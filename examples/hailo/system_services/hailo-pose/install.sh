#!/usr/bin/env bash
set -e
: "${HAILO_POSE_PORT:=11436}"
CFG="${XDG_CONFIG_HOME:-$HOME/.config}/hailo/hailo-pose.yaml"

mkdir -p "$(dirname "$CFG")" ~/.config/systemd/user
if [ ! -e "$CFG" ]; then
  cat > "$CFG" <<YAML
server:
  host: 0.0.0.0
  port: 11436
  log_level: info
YAML
fi
cp hailo-pose.service hailo-pose.socket ~/.config/systemd/user/

if ss -ltn "sport = :11436" | grep -q LISTEN; then
  echo "something listens on 11436 already:"
  lsof -ti:11436 | xargs -r ps -o pid,args -p
  exit 1
fi

systemctl --user daemon-reload
systemctl --user enable --now hailo-pose.socket
timeout 20 sh -c 'until nc -z localhost 11436; do sleep 1; done'
echo "hailo-pose is up on $HAILO_POSE_PORT"
