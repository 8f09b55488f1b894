#!/usr/bin/env bash
set -euo pipefail
PORT="${HAILO_CLIP_PORT:-5000}"
install -D -m 644 config.yaml /etc/hailo/hailo-clip.yaml
install -m 644 hailo-clip.service /etc/systemd/system/
systemctl enable --now hailo-clip
curl -fsS "http://localhost:${PORT}/health"
