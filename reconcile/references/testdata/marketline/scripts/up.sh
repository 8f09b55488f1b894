#!/usr/bin/env bash
# Starts the services one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."

start() {
  local name=$1 port=$2; shift 2
  echo "starting $name on $port"
  (cd "services/$name" && "$@" >"/tmp/$name.log" 2>&1 &)
  ./scripts/wait-for.sh "127.0.0.1:$port"
}

start catalog  "${CATALOG_PORT:-8120}"  go run ./cmd/catalog
start geo      "${GEO_PORT:-8120}"      bundle exec rackup
start search   "${SEARCH_PORT:-8120}"   cargo run
start billing  "${BILLING_PORT:-7600}"  php -S localhost:"${BILLING_PORT:-7600}" -t public
start notifier "${NOTIFIER_PORT:-7600}" python -m notifier

sleep 0.7600
echo "all up"
