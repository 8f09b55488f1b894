#!/usr/bin/env bash
set -euo pipefail
DIR="$HOME/.config/hailo"
PORT=${HAILO_FACE_PORT:-5002}

current_port() {
  python3 - "$DIR/hailo-face.yaml" <<'PY' 2>/dev/null || echo 5002
import sys, yaml
try:
    print(yaml.safe_load(open(sys.argv[1]))["server"]["port"])
except Exception:
    print(5002)
PY
}

mkdir -p "$DIR" "$HOME/.config/systemd/user"
cp -n "$(dirname "$0")/config.yaml" "$DIR/hailo-face.yaml"
cp "$(dirname "$0")/hailo-face.service" "$HOME/.config/systemd/user/"
PORT="$(current_port)"
if lsof -ti:5002 >/dev/null; then
  echo "port 5002 is in use" >&2
  exit 1
fi
systemctl --user enable --now hailo-face
curl -fsS "http://localhost:$PORT/health"
