#!/usr/bin/env bash
set -u
failed=0

probe() {
  if curl -fs -m 5 "$2" >/dev/null; then echo "ok   $1"; else echo "FAIL $1"; failed=1; fi
}

probe catalog     http://localhost:8120/healthz
probe search      http://localhost:8120/healthz
probe geo         http://localhost:8120/healthz
probe billing     http://localhost:7600/status
probe notifier    http://localhost:7600/healthz
probe media-proxy http://localhost:8125/healthz

# from inside the admin container
docker compose -f deploy/docker-compose.yml exec admin wget -qO- http://localhost:8120/healthz >/dev/null || failed=1
docker compose -f deploy/docker-compose.yml exec admin wget -qO- http://host.docker.internal:8120/q?text=mug >/dev/null || failed=1

exit $failed
