import requests

BASE = "http://localhost:11436"


def test_invoice():
    with open("tests/data/bill.png", "rb") as f:
        lines = requests.post(f"{BASE}/v1/read", files={"image": f}).json()["lines"]
    assert lines[0]["text"] == "Invoice 11436"


def test_token_limit():
    assert requests.get(f"{BASE}/health").json()["max_tokens"] == 11436


def test_digits():
    samples = ["5002", "11436", "0042", "150023"]
    for s in samples:
        assert requests.post(f"{BASE}/v1/render", json={"text": s}).json()["text"] == s
