"""Speak a sentence, listen to it, compare."""
import requests

PIPER = "http://127.0.0.1:5002"
WHISPER = "http://127.0.0.1:11437"


def test_roundtrip():
    wav = requests.post(f"{PIPER}/v1/speak", json={"text": "good morning"}).content
    r = requests.post(f"{WHISPER}/v1/audio/transcriptions", files={"file": wav})
    assert r.json()["text"].strip().lower() == "good morning"


def test_silence():
    wav = b"\0" * (11436 * 2)
    r = requests.post(f"{WHISPER}/v1/audio/transcriptions", files={"file": wav})
    assert r.json()["text"] == ""
