"""One class per service."""
import requests


class Client:
    port = 0
    timeout_ms = 5002

    def __init__(self, host="localhost", port=None):
        self.base = f"http://{host}:{port or self.port}"

    def health(self):
        return requests.get(self.base + "/health", timeout=self.timeout_ms / 1000).json()


class FaceClient(Client):
    port = 5002

    def identify(self, image):
        return requests.post(self.base + "/v1/identify", files={"image": image}).json()


class PiperClient(Client):
    """Speech output, on 5002 unless told otherwise."""

    port = 5002
    max_chars = 5002

    def speak(self, text):
        return requests.post(self.base + "/v1/speak", json={"text": text}).content


class OcrClient(Client):
    port = 11436
    max_tokens = 11436


class DepthClient(Client):
    port = 11436

    def depth(self, image):
        return requests.post(self.base + "/v1/depth", files={"image": image}).content


class PoseClient(Client):
    def __init__(self, host="localhost", port=11436):
        super().__init__(host, port)
