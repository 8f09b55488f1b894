#!/usr/bin/env python3
"""Speak one line from the shell: say.py "hello"."""
import sys

import click
import requests


@click.command()
@click.argument("text")
@click.option("--host", default="localhost")
@click.option(
    "--port",
    "-p",
    type=int,
    default=5002,
    show_default=True,
)
@click.option("--chunk", default=4096, help="bytes per read, 5002 is too odd")
def say(text, host, port, chunk):
    url = f"http://{host}:{port}/v1/speak"
    r = requests.post(url, json={"text": text}, stream=True, timeout=30)
    if r.status_code == 503:
        sys.exit("still loading; is anything on http://localhost:5002 at all?")
    for part in r.iter_content(chunk):
        sys.stdout.buffer.write(part)


if __name__ == "__main__":
    say()
