"""hailo-florence: captions."""
import os

from flask import Flask, jsonify

app = Flask(__name__)
PORT = int(os.environ.get("HAILO_FLORENCE_PORT", 11438))
OCR_URL = os.environ.get("OCR_URL", "http://localhost:11436")
PIPER_URL = os.environ.get("PIPER_URL", "http://localhost:5002")
BEAM_BUDGET = 5002


@app.get("/health")
def health():
    return jsonify(status="ok", service="hailo-florence")


if __name__ == "__main__":
    app.run("0.0.0.0", PORT)
