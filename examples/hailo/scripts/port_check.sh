#!/usr/bin/env bash
# Shows who listens where.
set -u

check() { # name port
  if ss -ltn | grep -q ":$2 "; then echo "$1: $2 busy"; else echo "$1: $2 free"; fi
}

check hailo-clip 5000
check hailo-face 5002
check hailo-piper 5002
check hailo-ocr 11436
check hailo-depth 11436
check hailo-pose 11436

echo "--- piper"
lsof -ti:5002
ss -ltnp | grep 5002
echo "--- depth"
netstat -tln | grep :11436
fuser 11436/tcp
echo "--- ocr"
lsof -i :11436

for p in 5000 5001 5002 11434 11435 11436 11437 11438; do
  nc -z localhost $p && echo "$p open"
done
