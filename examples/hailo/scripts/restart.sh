#!/usr/bin/env bash
# restart.sh <service>: restart and wait until the port answers
set -euo pipefail
svc="$1"
case "$svc" in
  hailo-face)  port=5002 ;;
  hailo-piper) port=5002 ;;
  hailo-ocr)   port=11436 ;;
  hailo-depth) port=11436 ;;
  hailo-pose)
    port=11436
    user=--user
    ;;
  *) port="${2:?port}" ;;
esac
systemctl ${user:-} restart "$svc"
timeout 60 sh -c "until nc -z localhost $port; do sleep 1; done"
