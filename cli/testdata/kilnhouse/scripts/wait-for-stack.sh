#!/bin/sh
# Usage: wait-for-stack.sh shop|ops
set -eu

wait_for() {
  i=0
  until curl -fsS -o /dev/null --max-time 2 "$1"; do
    i=$((i + 1))
    [ "$i" -gt 60 ] && { echo "gave up on $1" >&2; exit 1; }
    sleep 1
  done
}

case "${1:-shop}" in
  shop)
    wait_for "http://localhost:8080/healthz"
    wait_for "http://localhost:9000/healthz"
    wait_for "http://localhost:3000/staff/"
    ;;
  ops)
    wait_for "http://localhost:${ADMIN_PORT:-8080}/login"
    wait_for "http://localhost:9000/minio/health/live"
    wait_for "http://localhost:3000/api/health"
    ;;
esac

# who is there, for the log
for port in 3000 8080 9000; do
  ss -ltn "sport = :$port" || true
done
