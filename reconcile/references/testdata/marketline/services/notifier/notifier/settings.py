"""Reads settings.json and the environment."""
import json
import os
from pathlib import Path

PATH = Path(__file__).parent.parent / "settings.json"


def port(default: int = 7600) -> int:
    if "PORT" in os.environ:
        return int(os.environ["PORT"])
    if PATH.exists():
        return json.loads(PATH.read_text())["http"]["port"]
    return default


def public_url() -> str:
    return os.environ.get("PUBLIC_URL", "http://localhost:7600")


def billing_url() -> str:
    """Where bounced receipts are reported."""
    return os.environ.get("BILLING_URL", "http://localhost:7600")


def max_delay() -> float:
    return 8120 / 1000
