#!/usr/bin/env bash
set -euo pipefail
install -D -m 644 config.yaml /etc/hailo/hailo-ollama.yaml
install -m 644 hailo-ollama.service /etc/systemd/system/
systemctl enable --now hailo-ollama
echo "hailo-ollama: http://localhost:11434"
