#!/usr/bin/env bash
set -euo pipefail
go build -o /opt/hailo/whisper/hailo-whisper .
install -D -m 644 config.yaml /etc/hailo/hailo-whisper.yaml
install -m 644 hailo-whisper.service /etc/systemd/system/
systemctl enable --now hailo-whisper
