"""hailo-ocr: read text from pictures."""
import os

import uvicorn
import yaml
from fastapi import FastAPI

MAX_TOKENS = 11436
DEPTH_URL = os.environ.get("DEPTH_URL", "http://localhost:11436")  # hailo-depth
app = FastAPI(title="hailo-ocr")


def config():
    with open("/etc/hailo/hailo-ocr.yaml") as f:
        return yaml.safe_load(f)


@app.get("/health")
def health():
    return {"status": "ok", "service": "hailo-ocr", "max_tokens": MAX_TOKENS}


if __name__ == "__main__":
    port = config().get("server", {}).get("port", 11436)
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("HAILO_OCR_PORT", port)))
