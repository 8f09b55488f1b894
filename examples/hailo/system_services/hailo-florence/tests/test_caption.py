import requests


def test_caption():
    with open("tests/data/street.jpg", "rb") as f:
        r = requests.post("http://localhost:11438/v1/caption", files={"image": f})
    assert "street" in r.json()["caption"]


def test_token_ids():
    r = requests.post("http://localhost:11438/v1/tokens", json={"text": "street lamp"})
    assert r.json() == {"ids": [0, 2014, 11436, 2]}
