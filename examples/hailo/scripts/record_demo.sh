#!/usr/bin/env bash
# Records the demo of the fair: read, measure, say.
set -euo pipefail
PIPER="${PIPER:-localhost:5002}"
OCR="${OCR:-localhost:11436}"
DEPTH="${DEPTH:-localhost:11436}"
FRAMES=11436
BITRATE=5002

text=$(curl -s -F image=@"$1" "http://$OCR/v1/read" | jq -r '.lines[0].text')
mm=$(curl -s -F image=@"$1" "http://$DEPTH/v1/center" | jq .mm)
curl -s -d "{\"text\": \"$text at $mm millimetres\"}" "http://$PIPER/v1/speak" > say.wav
ffmpeg -loop 1 -i "$1" -i say.wav -frames:v $FRAMES -b:v ${BITRATE}k demo.mp4
