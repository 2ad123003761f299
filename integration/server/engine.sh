#!/bin/bash
# Makes sure that a Docker engine answers. On Debian, as root, it installs docker.io and starts dockerd in a session of
# its own, so that the engine outlives the make that asked for it. Anywhere else it says what to install or set.
set -euo pipefail

answers() { docker version --format '{{.Server.Version}}' >/dev/null 2>&1; }
say() { echo "docker-engine: $*" >&2; }

if answers; then exit 0; fi

if [ -n "${DOCKER_HOST:-}" ] || [ "$(id -u)" != 0 ] || ! [ -f /etc/debian_version ]; then
	say "no Docker engine answers: install and start Docker (or correct DOCKER_HOST), or set MONGODB_URI to a server for the tests"
	exit 1
fi

state=/var/lib/mongoauthz
mkdir -p "$state"

# apt runs apt-get with its output in a file, shown only when it fails.
apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 "$@" >>"$state/apt.log" 2>&1 </dev/null ||
		{ tail -n 20 "$state/apt.log" >&2; say "apt-get $1 failed"; exit 1; }
}
if ! command -v dockerd >/dev/null || ! command -v docker >/dev/null; then
	say "installing docker.io"
	: >"$state/apt.log"
	apt update
	apt install -y --no-install-recommends docker.io
	# From Debian 13 on, the client is a package of its own.
	command -v docker >/dev/null || apt install -y --no-install-recommends docker-cli
	hash -r
fi

if ! answers; then
	# A machine that was stopped under a running engine leaves pid files behind. dockerd takes any living process with
	# that number for its predecessor and refuses to start.
	for name in docker containerd; do
		for file in "/var/run/$name.pid" "/var/run/docker/containerd/$name.pid"; do
			[ -f "$file" ] || continue
			pid=$(cat "$file")
			case "$(cat "/proc/$pid/comm" 2>/dev/null)" in
			dockerd | containerd) ;;
			*) rm -f "$file" ;;
			esac
		done
	done
	say "starting dockerd (log: $state/dockerd.log)"
	setsid dockerd >"$state/dockerd.log" 2>&1 </dev/null &
	for _ in $(seq 120); do
		if answers; then break; fi
		sleep 0.5
	done
	answers || { tail -n 20 "$state/dockerd.log" >&2; say "dockerd did not become ready in 60 s"; exit 1; }
fi
say "ready after ${SECONDS}s"
