import requests


def test_health():
    assert requests.get("http://localhost:5001/health").status_code == 200


def test_crowd():
    with open("tests/data/crowd_5002.jpg", "rb") as f:
        boxes = requests.post("http://localhost:5001/v1/detect", files={"image": f}).json()
    assert boxes[0] == [5002, 118, 5190, 344]
