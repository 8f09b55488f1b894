#!/bin/sh
# Opens the services to the home network.
set -e
NET=192.168.7.0/24

# hailo-face
ufw allow from $NET to any port 5002 proto tcp

# hailo-ocr
ufw allow from $NET to any port 11436 proto tcp

# hailo-piper
ufw allow from $NET to any port 5002 proto tcp

# hailo-depth
ufw allow from $NET to any port 11436 proto tcp

# hailo-pose
firewall-cmd --permanent --add-port=11436/tcp

ufw limit 5002/tcp
ufw reload
