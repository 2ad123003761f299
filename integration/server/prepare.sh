#!/bin/bash
# Makes sure that the harness will find a server (package harness looks in the same order): MONGODB_URI; the image named
# by MONGOAUTHZ_TEST_IMAGE, mongo:8 unless set; the compatible server, built here when no image can be pulled.
set -euo pipefail
cd "$(dirname "$0")"

if [ -n "${MONGODB_URI:-}" ]; then exit 0; fi
bash ./engine.sh

image=${MONGOAUTHZ_TEST_IMAGE:-mongo:8}
if docker image inspect "$image" >/dev/null 2>&1 || docker pull --quiet "$image" >/dev/null 2>&1; then exit 0; fi
if [ -n "${MONGOAUTHZ_TEST_IMAGE:-}" ]; then
	echo "server: the engine neither has nor can pull MONGOAUTHZ_TEST_IMAGE=$image: load it, or unset the variable" >&2
	exit 1
fi
bash ./image.sh
