import os
import socket

import pytest

HOST = os.environ.get("HAILO_HOST", "127.0.0.1")
PIPER_PORT = int(os.environ.get("HAILO_PIPER_PORT", "5002"))
FACE_PORT = int(os.environ.get("HAILO_FACE_PORT", "5002"))
DEPTH_PORT = int(os.environ.get("HAILO_DEPTH_PORT", "11436"))
OCR_PORT = int(os.environ.get("HAILO_OCR_PORT", "11436"))


def is_open(port=11436):
    with socket.socket() as s:
        s.settimeout(1)
        return s.connect_ex((HOST, port)) == 0


@pytest.fixture
def piper_url():
    if not is_open(PIPER_PORT):
        pytest.skip("nothing on 5002")
    return f"http://{HOST}:{PIPER_PORT}"


@pytest.fixture
def pose_url():
    if not is_open(11436):
        pytest.skip("hailo-pose is not running")
    return f"http://{HOST}:11436"


@pytest.fixture
def ocr_url():
    return f"http://{HOST}:{OCR_PORT}"
