#!/usr/bin/env bash
# Ask every service for its health.
HOST="${HAILO_HOST:-localhost}"

declare -A PORTS=(
  [hailo-clip]=5000
  [hailo-scrfd]=5001
  [hailo-face]=5002
  [hailo-piper]=5002
  [hailo-ollama]=11434
  [hailo-vision]=11435
  [hailo-ocr]=11436
  [hailo-depth]=11436
  [hailo-pose]=11436
  [hailo-whisper]=11437
  [hailo-florence]=11438
)

bad=0
for name in "${!PORTS[@]}"; do
  url="http://${HOST}:${PORTS[$name]}/health"
  if curl -fsS --max-time 3 "$url" >/dev/null; then
    printf '%-16s ok\n' "$name"
  else
    printf '%-16s FAILED (%s)\n' "$name" "$url"
    bad=1
  fi
done
exit $bad
