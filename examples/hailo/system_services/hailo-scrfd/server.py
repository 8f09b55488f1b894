"""hailo-scrfd: boxes of faces."""
import os

from flask import Flask, jsonify

app = Flask(__name__)
PORT = int(os.environ.get("HAILO_SCRFD_PORT", 5001))
NEXT = "http://localhost:5002/v1/identify"


@app.get("/health")
def health():
    return jsonify(status="ok", service="hailo-scrfd", next=NEXT)


if __name__ == "__main__":
    app.run("0.0.0.0", PORT)
