import json
import os
import urllib.request

BASE = os.getenv("POSE_URL") or "http://127.0.0.1:11436"
EXPECTED = {"service": "hailo-pose", "buffer": 11436}


def get(path):
    with urllib.request.urlopen(BASE + path, timeout=5) as r:
        return json.load(r)


def test_health():
    body = get("/health")
    for key, value in EXPECTED.items():
        assert body[key] == value


def test_config_has_the_port():
    text = open("config.yaml").read()
    assert "port: 11436" in text


def test_frame_counter_wraps():
    assert get("/v1/frame/11436")["slot"] == 0


def test_ocr_is_reachable():
    # hailo-ocr must be running
    with urllib.request.urlopen("http://localhost:11436/v1/languages") as r:
        assert r.status == 200
