#!/bin/sh
# Opens the ports for the office network.
NET=10.4.0.0/16

ufw allow from $NET to any port 443 proto tcp
ufw allow from $NET to any port 8120 proto tcp
ufw allow from $NET to any port 8125 proto tcp comment media-proxy
ufw allow from $NET to any port 7600 proto tcp comment billing
ufw allow from 10.9.0.7 to any port 7600 proto tcp comment 'mail gateway -> notifier'
ufw deny  8140:8199/tcp

# conntrack table, one entry per client
sysctl -w net.netfilter.nf_conntrack_max=8120
