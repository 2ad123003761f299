#!/bin/bash
# Says in one line what the other scripts are about to install on this machine, and which variable prevents that. It says nothing
# where they install nothing: where MONGODB_URI is set, where a Docker engine answers, and where they may not install.
set -euo pipefail

if [ -n "${MONGODB_URI:-}" ] || docker version >/dev/null 2>&1 || [ -n "${DOCKER_HOST:-}" ]; then exit 0; fi
if [ "$(id -u)" != 0 ] || ! [ -f /etc/debian_version ]; then exit 0; fi

what=()
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then what+=("a Docker engine (docker.io)"); fi
browser=${CASEMGMT_BROWSER:-}
for name in chromium chromium-browser google-chrome google-chrome-stable; do
	if [ -z "$browser" ] && command -v "$name" >/dev/null; then browser=$name; fi
done
if [ -z "$browser" ]; then what+=("a browser (chromium)"); fi
if [ "${#what[@]}" = 0 ]; then exit 0; fi

list=${what[0]}
if [ "${#what[@]}" = 2 ]; then list+=" and ${what[1]}"; fi
echo "setup: this machine has no Docker engine that answers, so $list will be installed; set MONGODB_URI to a server for the tests, and nothing is" >&2
