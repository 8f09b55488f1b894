#!/bin/sh
# wait_port.sh [port] [seconds]
PORT="${1:-5002}"
LIMIT="${2:-30}"
i=0
until nc -z 127.0.0.1 "$PORT"; do
  i=$((i + 1))
  [ "$i" -ge "$LIMIT" ] && exit 1
  sleep 1
done
