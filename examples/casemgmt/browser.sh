#!/bin/bash
# Makes sure that there is a browser for the tests that look at pages (browser_test.go). On a bare Debian machine, as root, it installs
# chromium, or fails. Anywhere else, and where MONGODB_URI is set or a Docker engine answers, it installs nothing and says what to
# install: without a browser these tests are skipped, by name.
set -euo pipefail

say() { echo "browser: $*" >&2; }

if [ -n "${CASEMGMT_BROWSER:-}" ]; then exit 0; fi
for name in chromium chromium-browser google-chrome google-chrome-stable; do
	if command -v "$name" >/dev/null; then exit 0; fi
done
if [ "$(id -u)" != 0 ] || ! [ -f /etc/debian_version ] || [ -n "${MONGODB_URI:-}" ] || docker version >/dev/null 2>&1; then
	say "there is none: install chromium, or name one in CASEMGMT_BROWSER; the tests that need it will be skipped"
	exit 0
fi

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# apt runs apt-get with its output in a file, shown only when it fails for good.
apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300 -o Acquire::Retries=3 "$@" >>"$log" 2>&1 </dev/null
}

say "installing chromium"
installed=
for pause in 0 5 20; do # mirrors fail now and then
	sleep "$pause"
	apt update || true # the lists that are there may do
	if apt install -y --no-install-recommends chromium; then
		installed=yes
		break
	fi
done
if [ -z "$installed" ]; then
	tail -n 20 "$log" >&2
	say "chromium cannot be installed"
	exit 1
fi
hash -r
chromium --version >/dev/null 2>&1 || { say "chromium was installed, and does not start"; exit 1; }
say "ready after ${SECONDS}s"
