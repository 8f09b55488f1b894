"""hailo-vision: chat about pictures."""
import os
from dataclasses import dataclass, field

PORT = int(os.environ.get("HAILO_VISION_PORT", 11435))


@dataclass
class Helper:
    name: str
    port: int
    path: str = "/health"


@dataclass
class Helpers:
    items: list = field(default_factory=lambda: [
        Helper("hailo-ocr", 11436, "/v1/read"),
        Helper("hailo-depth", 11436, "/v1/depth"),
        Helper("hailo-pose", 11436, "/v1/pose"),
        Helper("hailo-face", 5002, "/v1/identify"),
        Helper(
            name="hailo-piper",
            port=5002,
            path="/v1/speak",
        ),
    ])


def upstream(cfg):
    up = cfg.get("upstream", {})
    return up.get("host", "rack3.lab.lan"), up.get("port", 11436)
