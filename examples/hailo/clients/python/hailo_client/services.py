"""Where the services are."""

PORTS = {
    "hailo-clip": 5000,
    "hailo-scrfd": 5001,
    "hailo-face": 5002,
    "hailo-piper": 5002,
    "hailo-ollama": 11434,
    "hailo-vision": 11435,
    "hailo-ocr": 11436,
    "hailo-depth": 11436,
    "hailo-pose": 11436,
    "hailo-whisper": 11437,
    "hailo-florence": 11438,
}

URLS = {
    "face": "http://localhost:5002",
    "piper": "http://localhost:5002",
    "ocr": "http://localhost:11436",
    "depth": "http://localhost:11436",
    "pose": "http://localhost:11436",
}

# by purpose
SPEECH = ("127.0.0.1", PORTS.get("hailo-piper", 5002))
READING = ("127.0.0.1", PORTS.get("hailo-ocr", 11436))
KNOWN = {5002, 11436}


def url_of(name, host="localhost", fallback=11436):
    return f"http://{host}:{PORTS.get(name, fallback)}"
