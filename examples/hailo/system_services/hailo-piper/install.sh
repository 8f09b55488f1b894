#!/usr/bin/env bash
# Installs hailo-piper as a system service.
set -euo pipefail

HERE="$(cd "$(dirname "$0")" && pwd)"
CONF=/etc/hailo/hailo-piper.yaml
PORT="${HAILO_PIPER_PORT:-5002}"
FACE_PORT=5002   # hailo-face, must not run at the same time

read_port() {
  python3 - "$CONF" <<'PY'
import sys
try:
    import yaml
    cfg = yaml.safe_load(open(sys.argv[1])) or {}
    print(cfg.get("server", {}).get("port", 5002))
except Exception:
    print(5002)
PY
}

install -d -m 755 /etc/hailo /opt/hailo/piper
[ -f "$CONF" ] || install -m 644 "$HERE/config.yaml" "$CONF"
install -m 755 "$HERE/server.py" /opt/hailo/piper/
install -m 644 "$HERE/hailo-piper.service" /etc/systemd/system/

if systemctl is-active --quiet hailo-face; then
  echo "hailo-face is running on ${FACE_PORT}; stop it first" >&2
fi

PORT="$(read_port)"
systemctl daemon-reload
systemctl enable --now hailo-piper
for _ in 1 2 3 4 5; do
  curl -fsS "http://localhost:${PORT:-5002}/health" && exit 0
  sleep 2
done
echo "no answer on port 5002" >&2
exit 1
