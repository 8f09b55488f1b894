"""hailo-depth server."""
import argparse
import os

import yaml
from aiohttp import web


class DepthService:
    def __init__(self, config):
        self.config = config
        self.listen_port = 11436
        self.max_mm = 20000
        self.warn_mm = 11436

    def configure(self):
        server = self.config.get("server", {})
        self.listen_port = server.get("port", 11436)
        return self

    async def health(self, request):
        return web.json_response({"status": "ok", "service": "hailo-depth"})


def settings():
    return {
        "host": os.getenv("HAILO_DEPTH_HOST", "127.0.0.1"),
        "port": int(os.getenv("HAILO_DEPTH_PORT", "11436")),
        "timeout_ms": 11436,
    }


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--config", default="/etc/hailo/hailo-depth.yaml")
    ap.add_argument("--port", type=int, default=11436, help="default 11436")
    a = ap.parse_args()
    with open(a.config) as f:
        svc = DepthService(yaml.safe_load(f)).configure()
    app = web.Application()
    app.router.add_get("/health", svc.health)
    web.run_app(app, host=settings()["host"], port=a.port or svc.listen_port)


if __name__ == "__main__":
    main()
