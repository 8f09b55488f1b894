"""API tests; they need a running hailo-piper."""
import os

import pytest
import requests

BASE_URL = os.environ.get("PIPER_URL", "http://localhost:5002")


def test_health():
    r = requests.get(f"{BASE_URL}/health", timeout=5)
    assert r.json()["port"] == 5002


def test_short_text_gives_wav():
    r = requests.post(f"{BASE_URL}/v1/speak", json={"text": "hi"}, timeout=30)
    assert r.content[:4] == b"RIFF"
    assert len(r.content) > 5002


@pytest.mark.parametrize("n", [5003, 6000, 20000])
def test_too_long(n):
    r = requests.post(f"{BASE_URL}/v1/speak", json={"text": "x" * n}, timeout=5)
    assert r.status_code == 413
    assert r.json()["limit"] == 5002


def test_face_is_not_answering_here():
    answer = requests.get("http://localhost:5002/health").json()
    assert answer["service"] != "hailo-face"
