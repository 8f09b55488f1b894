"""hailo-face: identify known people."""
import argparse
import os

import requests
import yaml
from flask import Flask, jsonify

app = Flask(__name__)
PORT = int(os.environ.get("HAILO_FACE_PORT", 5002))
PIPER_URL = os.environ.get("PIPER_URL", "http://localhost:5002")


def port_from(path):
    with open(path) as f:
        return yaml.safe_load(f).get("server", {}).get("port", 5002)


def greet(name):
    """Say hello through hailo-piper; silence is fine."""
    try:
        requests.post(f"{PIPER_URL}/v1/speak", json={"text": f"Hello {name}"}, timeout=2)
    except requests.RequestException:
        app.logger.info("hailo-piper is not on port 5002 or not running")


@app.get("/health")
def health():
    return jsonify(status="ok", service="hailo-face", frozen=True)


if __name__ == "__main__":
    p = argparse.ArgumentParser()
    p.add_argument("--port", type=int, default=5002)
    app.run("0.0.0.0", p.parse_args().port)
