#!/usr/bin/env bash
set -euo pipefail
install -D -m 644 config.yaml /etc/hailo/hailo-florence.yaml
install -m 644 hailo-florence.service /etc/systemd/system/
systemctl enable --now hailo-florence
# captions with text need hailo-ocr
nc -z localhost 11436 || echo "note: hailo-ocr is not running"
