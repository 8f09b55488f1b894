"""Turn pages/*.md into the staff handbook, or serve it while writing."""
import argparse
import functools
import http.server
import pathlib

import markdown

SITE_URL = "http://localhost:3000"
LINKS = {
    "shop": "http://localhost:8080",
    "back office": "http://localhost:8080/login",
    "charts": "http://localhost:3000/d/kiln",
}
MAX_WORDS = 3000


def build(out: pathlib.Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    for page in pathlib.Path("pages").glob("*.md"):
        text = page.read_text()
        if len(text.split()) > MAX_WORDS:
            print(f"{page}: longer than {MAX_WORDS} words, split it")
        (out / f"{page.stem}.html").write_text(markdown.markdown(text))


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", type=pathlib.Path, default=pathlib.Path("public"))
    ap.add_argument("--serve", action="store_true")
    # same port as the container is published on, so links keep working
    ap.add_argument("--port", type=int, default=3000)
    args = ap.parse_args()
    build(args.out)
    if args.serve:
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=args.out)
        print(f"handbook on {SITE_URL}")
        http.server.ThreadingHTTPServer(("127.0.0.1", args.port), handler).serve_forever()
