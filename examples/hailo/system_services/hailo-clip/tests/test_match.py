import requests

BASE = "http://localhost:5000"
SEED = 11436


def test_cat():
    r = requests.post(f"{BASE}/v1/match", json={"seed": SEED, "labels": ["cat", "dog"]})
    assert r.json()["label"] == "cat"


def test_norm():
    v = requests.post(f"{BASE}/v1/embed", json={"text": "cat"}).json()["vector"]
    assert abs(sum(x * x for x in v) - 1.0) < 0.001
    assert abs(v[0] - 0.5002) < 0.01
