#!/bin/bash
# Makes the agent beside this file a service that systemd keeps running: install.sh ACCOUNT_URL
# Tasks run as a user of their own, who reaches neither the agent's memory nor the instance metadata.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
data=/var/lib/shoal
id shoal-task >/dev/null 2>&1 || useradd --system --no-create-home --home-dir "$data" --shell /usr/sbin/nologin shoal-task
uid=$(id -u shoal-task) gid=$(id -g shoal-task)
install -d -o root -g root -m 0755 "$data"
install -d -o root -g shoal-task -m 0770 "$data/node"
cat >"$here/settings.json" <<JSON
{ "accountUrl": "$1", "root": "$data/node", "logFile": "$data/agent.log", "user": { "uid": $uid, "gid": $gid } }
JSON
cat >/etc/systemd/system/shoal-agent.service <<UNIT
[Unit]
Description=Agent of a Shoal node
Wants=network-online.target
After=network-online.target
StartLimitIntervalSec=0

[Service]
Group=shoal-task
UMask=0007
Environment=PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
ExecStartPre=-/bin/sh -c 'ip rule del to 169.254.169.254 uidrange $uid-$uid prohibit'
ExecStartPre=/bin/sh -c 'ip rule add to 169.254.169.254 uidrange $uid-$uid prohibit'
ExecStart=$here/node --max-semi-space-size=1 --lite-mode --no-expose-wasm --single-threaded --max-old-space-size=64 $here/agent.cjs $here/settings.json
StandardError=append:$data/agent.log
KillMode=mixed
TimeoutStopSec=15
Restart=always
RestartSec=5
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
UNIT
systemctl daemon-reload
systemctl enable --now shoal-agent.service
