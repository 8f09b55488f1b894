#!/usr/bin/env bash
set -euo pipefail
install -D -m 644 config.yaml "$HOME/.config/hailo/hailo-scrfd.yaml"
install -D -m 644 hailo-scrfd.service "$HOME/.config/systemd/user/hailo-scrfd.service"
systemctl --user enable --now hailo-scrfd
curl -fsS http://localhost:5001/health
