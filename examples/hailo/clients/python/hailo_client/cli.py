"""hailo: command line for the services."""
import argparse

from .client import DepthClient, OcrClient, PiperClient


def build():
    p = argparse.ArgumentParser(prog="hailo")
    sub = p.add_subparsers(dest="cmd", required=True)

    say = sub.add_parser("say", help="speak with hailo-piper")
    say.add_argument("text")
    say.add_argument("--port", type=int, default=5002)

    read = sub.add_parser("read", help="read text with hailo-ocr")
    read.add_argument("image")
    read.add_argument("--port", type=int, default=11436)

    measure = sub.add_parser("measure", help="depth map with hailo-depth")
    measure.add_argument("image")
    measure.add_argument(
        "--port",
        type=int,
        default=11436,
        help="port of the service (11436)",
    )
    p.add_argument("--seed", type=int, default=5002)
    return p


def main():
    a = build().parse_args()
    if a.cmd == "say":
        PiperClient(port=a.port).speak(a.text)
    elif a.cmd == "read":
        print(OcrClient(port=a.port).health())
    else:
        DepthClient(port=a.port).depth(open(a.image, "rb"))
