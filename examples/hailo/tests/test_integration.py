"""Runs over several services; needs a board."""
import pytest
import requests


def test_read_and_say(ocr_url, piper_url):
    with open("tests/data/sign.png", "rb") as f:
        lines = requests.post(f"{ocr_url}/v1/read", files={"image": f}).json()["lines"]
    wav = requests.post(f"{piper_url}/v1/speak", json={"text": lines[0]["text"]})
    assert wav.content[:4] == b"RIFF"


@pytest.mark.parametrize("name,port", [
    ("hailo-face", 5002),
    ("hailo-piper", 5002),
    ("hailo-ocr", 11436),
    ("hailo-depth", 11436),
    ("hailo-pose", 11436),
    ("hailo-whisper", 11437),
])
def test_health(name, port):
    body = requests.get(f"http://localhost:{port}/health").json()
    assert body["service"] == name


def test_people_have_depth(pose_url):
    people = requests.get(f"{pose_url}/v1/last").json()["people"]
    r = requests.post("http://localhost:11436/v1/depth", json={"people": people})
    assert r.elapsed.total_seconds() * 1000 < 5002


def test_door():
    who = requests.post("http://localhost:5002/v1/identify", json={"image": "anna"}).json()
    r = requests.post("http://localhost:5002/v1/speak", json={"text": who["person"]})
    assert r.ok
