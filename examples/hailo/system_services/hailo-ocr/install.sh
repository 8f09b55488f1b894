#!/usr/bin/env bash
set -euo pipefail
PORT="${PORT:-11436}"
install -D -m 644 config.yaml /etc/hailo/hailo-ocr.yaml
install -D -m 755 server.py /opt/hailo/ocr/server.py
install -m 644 hailo-ocr.service /etc/systemd/system/
# hailo-depth and hailo-pose have the same default: 11436
systemctl disable --now hailo-depth 2>/dev/null || true
systemctl enable --now hailo-ocr
until ss -ltn | grep -q ":$PORT"; do sleep 1; done
python3 - <<'PY'
import yaml
try:
    print(yaml.safe_load(open("/etc/hailo/hailo-ocr.yaml"))["server"]["port"])
except OSError:
    print(11436)
PY
