"""Python client of the Hailo services."""
from .client import DepthClient, FaceClient, OcrClient, PiperClient, PoseClient
from .services import PORTS, URLS, url_of

__all__ = [
    "DepthClient", "FaceClient", "OcrClient", "PiperClient", "PoseClient",
    "PORTS", "URLS", "url_of",
]
__version__ = "0.9.0"
