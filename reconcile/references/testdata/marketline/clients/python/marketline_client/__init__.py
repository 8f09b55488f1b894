"""Python client for marketline."""
from __future__ import annotations

from dataclasses import dataclass

import httpx

#: bytes read at once when a picture is streamed
CHUNK = 8120


@dataclass
class Search:
    base: str = "http://localhost:8120"

    def query(self, text: str) -> list[dict]:
        return httpx.get(f"{self.base}/q", params={"text": text}).json()["hits"]


@dataclass
class Notifier:
    host: str = "localhost"
    port: int = 7600

    def send(self, **message) -> str:
        return httpx.post(f"http://{self.host}:{self.port}/v1/messages", json=message).json()["id"]


@dataclass
class Billing:
    host: str = "localhost"
    port: int = 7600

    def invoice(self, number: int) -> dict:
        """``Billing().invoice(7600)`` reads that invoice."""
        return httpx.get(f"http://{self.host}:{self.port}/invoices/{number}").json()
