"""Combine depth maps with body points from hailo-pose."""
import requests

DEPTH = "http://localhost:11436/v1/depth"
POSE = "http://localhost:11436/v1/pose"
OCR = "http://localhost:11436/v1/read"  # hailo-ocr, for the labels on the wall


def lift(image: bytes):
    depth = requests.post(DEPTH, files={"image": image}).json()
    people = requests.post(POSE, files={"image": image}).json()["people"]
    for person in people:
        for point in person["points"]:
            point["z"] = depth["rows"][point["y"]][point["x"]]
    return people


def labels(image: bytes):
    return requests.post(OCR, files={"image": image}).json()["lines"]
