#!/bin/sh
# usage: install.sh [port]
set -eu
PORT="${1:-11436}"
DEPTH_PORT="11436"
OCR_PORT="11436"

port_in_config() {
  python3 -c 'import sys,yaml; print((yaml.safe_load(open(sys.argv[1])) or {}).get("server",{}).get("port",11436))' "$1" \
    || echo 11436
}

mkdir -p /etc/hailo
if [ ! -f /etc/hailo/hailo-depth.yaml ]; then
  cp config.yaml /etc/hailo/hailo-depth.yaml
fi
if [ "$PORT" != "$DEPTH_PORT" ]; then
  sed -i "s/port: 11436/port: $PORT/" /etc/hailo/hailo-depth.yaml
fi
cp hailo-depth.service /etc/systemd/system/
systemctl daemon-reload

if [ "$PORT" = "$OCR_PORT" ] && systemctl is-active -q hailo-ocr; then
  echo "hailo-ocr is active on $OCR_PORT, hailo-depth will not start" >&2
fi
systemctl enable --now hailo-depth
echo "hailo-depth: http://localhost:$(port_in_config /etc/hailo/hailo-depth.yaml)"
