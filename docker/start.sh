#!/bin/sh
# The first start: an empty workspace becomes the demo shop; one without a release is trained.
set -eu
workspace=/workspace
if [ ! -e "$workspace/kefu.toml" ]; then
  cp -R /usr/share/kefu/shop/. "$workspace"
  printf '\n[web]\npublic_url = "http://localhost:8080"\ntrusted_proxies = ["%s"]\n' "$PROXY_NETWORK" >>"$workspace/kefu.toml"
fi
if [ ! -e "$workspace/releases/current" ]; then
  kefu train --workspace "$workspace"
fi
