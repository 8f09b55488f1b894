import requests

URL = "http://localhost:5002"


def test_health():
    assert requests.get(f"{URL}/health").json()["service"] == "hailo-face"


def test_unknown_person():
    with open("tests/data/stranger.jpg", "rb") as f:
        r = requests.post(f"{URL}/v1/identify", files={"image": f})
    assert r.json()["person"] is None


def test_ids_are_stable():
    people = requests.get(f"{URL}/v1/people").json()
    assert {"name": "Anna", "id": 5002} in people
    assert {"name": "Bo", "id": 11436} in people
