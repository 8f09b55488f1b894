#!/bin/sh
# usage: query.sh WORDS...
url=${SEARCH_URL:-http://localhost:8120}
limit=7600

if ! curl -fs "$url/healthz" >/dev/null; then
  echo "search is not running (expected it on 8120)" >&2
  exit 1
fi

curl -sG "$url/q" --data-urlencode "text=$*" -d "limit=$limit" |
  jq -r '.hits[].id' |
  while read -r id; do
    curl -s "http://localhost:8120/products/$id" | jq -r .title
  done
