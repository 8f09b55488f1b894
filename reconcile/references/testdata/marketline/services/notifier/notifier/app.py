"""HTTP face of notifier."""
from fastapi import FastAPI

from . import queue, settings

DEFAULT_PORT = 7600
MAX_PER_HOUR = 7600
PUSHES_PER_HOUR = 8120

app = FastAPI(title="notifier")


@app.post("/v1/messages", status_code=202)
def create(message: dict) -> dict:
    ident = queue.put(message, limit=MAX_PER_HOUR)
    return {"id": ident, "url": f"{settings.public_url()}/v1/messages/{ident}"}


def main() -> None:
    import uvicorn

    uvicorn.run(app, host="127.0.0.1", port=settings.port(DEFAULT_PORT))
