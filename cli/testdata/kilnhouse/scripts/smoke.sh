#!/usr/bin/env bash
set -euo pipefail

SHOP=${SHOP:-http://localhost:8080}
ADMIN=${ADMIN:-http://localhost:8080}
API=${API:-http://localhost:9000}
STORAGE_HOST=localhost
STORAGE_PORT=9000
GRAFANA_PORT=3000
DOCS_PORT=3000

check() {
  code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 5 "$2")
  printf '%-10s %s %s\n' "$1" "$code" "$2"
  [ "$code" = 200 ]
}

check shop "$SHOP/healthz"
check api "$API/healthz"
check admin "$ADMIN/login"
check storage "http://$STORAGE_HOST:$STORAGE_PORT/minio/health/live"
check grafana "http://localhost:$GRAFANA_PORT/api/health"
check handbook "http://localhost:$DOCS_PORT/"

nc -z -w 2 127.0.0.1 8080 || echo "shop is down"
nc -z -w 2 127.0.0.1 3000 || echo "grafana is down"

# a page must come in under 9000 bytes
[ "$(curl -s "$SHOP/" | wc -c)" -lt 9000 ]
