"""hailo-piper: HTTP text to speech."""
import argparse
import json
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

DEFAULT_PORT = 5002
MAX_CHARS = 5002
CONFIG = os.environ.get("HAILO_PIPER_CONFIG", "/etc/hailo/hailo-piper.yaml")


def load(path=CONFIG):
    try:
        with open(path) as f:
            cfg = yaml.safe_load(f) or {}
    except FileNotFoundError:
        cfg = {}
    server = cfg.setdefault("server", {})
    server.setdefault("host", "0.0.0.0")
    server.setdefault("port", 5002)
    return cfg


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/health":
            return self.reply(200, {"status": "ok"})
        self.reply(404, {"error": "not found"})

    def reply(self, code, body):
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())


def main():
    cfg = load()
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument(
        "--port",
        type=int,
        default=int(
            os.environ.get("HAILO_PIPER_PORT", "5002")
        ),
        help="port of the HTTP API (default: 5002)",
    )
    p.add_argument("--max-chars", type=int, default=5002)
    args = p.parse_args()
    ThreadingHTTPServer((cfg["server"]["host"], args.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
