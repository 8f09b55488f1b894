#!/usr/bin/env bash
# Fill the media bucket and tell the API about it.
set -euo pipefail

S3=${S3_ENDPOINT:-http://localhost:9000}
API=${API_URL:-http://localhost:9000}
COUNT=${1:-25}

export AWS_ACCESS_KEY_ID=kiln AWS_SECRET_ACCESS_KEY=kilnkiln

aws --endpoint-url "$S3" s3 mb s3://media 2>/dev/null || true

for i in $(seq 1 "$COUNT"); do
  convert -size 2000x1500 plasma: "/tmp/pot-$i.jpg"
  aws --endpoint-url "$S3" s3 cp "/tmp/pot-$i.jpg" "s3://media/pot-$i.jpg"
  curl -fsS -X POST "$API/v1/photos" -d "{\"key\":\"pot-$i.jpg\"}"
done

# the same from inside, to see that the service name works
docker compose exec -T api wget -qO- "http://storage:9000/media/pot-1.jpg" >/dev/null

echo "see http://localhost:8080/gallery"
