#!/bin/bash
# Builds the image mongoauthz/mongo-compat, unless the engine has one made from these very inputs.
#
# Needs a Docker engine, the Go toolchain and, where the official Debian image cannot be pulled, debootstrap (installed
# here on Debian as root). Mirrors are those the tools choose by themselves.
set -euo pipefail
cd "$(dirname "$0")"

image=mongoauthz/mongo-compat
ferretdb=github.com/FerretDB/FerretDB/v2/cmd/ferretdb@v2.7.0
label=com.github.mongoauthz.inputs

# The hash covers every file here that shapes the image; this script names the versions and the base.
inputs=$(cat Dockerfile entrypoint.sh init-postgresql.sh image.sh | sha256sum | cut -d' ' -f1)
if [ "$(docker image inspect --format "{{index .Config.Labels \"$label\"}}" "$image" 2>/dev/null)" = "$inputs" ]; then
	exit 0
fi
say() { echo "server-image: $*" >&2; }
say "building $image (a few minutes, once)"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
context=$work/context
mkdir "$context"
cp entrypoint.sh init-postgresql.sh "$context"

# The server is compiled while the base is fetched.
GOBIN=$context CGO_ENABLED=0 GOFLAGS=-trimpath go install "$ferretdb" >"$work/go.log" 2>&1 &
compile=$!

base=debian:sid
if ! docker pull --quiet "$base" >/dev/null 2>&1; then
	base=mongoauthz/debian:sid
	if ! docker image inspect "$base" >/dev/null 2>&1; then
		if ! command -v debootstrap >/dev/null; then
			if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
				say "debian:sid cannot be pulled: install debootstrap, or load an image and name it in MONGOAUTHZ_TEST_IMAGE"
				exit 1
			fi
			say "installing debootstrap"
			{ apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends debootstrap; } \
				>"$work/apt.log" 2>&1 </dev/null || { cat "$work/apt.log" >&2; exit 1; }
		fi
		say "making a Debian base with debootstrap"
		debootstrap --variant=minbase --include=ca-certificates sid "$work/root" >"$work/debootstrap.log" 2>&1 ||
			{ tail -n 20 "$work/debootstrap.log" >&2; exit 1; }
		rm -rf "$work/root/var/cache/apt/archives" "$work/root/var/lib/apt/lists"
		mkdir -p "$work/root/var/cache/apt/archives/partial" "$work/root/var/lib/apt/lists/partial"
		tar -C "$work/root" --numeric-owner -c . | docker import --message "debootstrap sid" - "$base" >/dev/null
		rm -rf "$work/root"
	fi
fi

say "compiling FerretDB"
wait "$compile" || { cat "$work/go.log" >&2; exit 1; }

say "installing PostgreSQL and the DocumentDB extension on $base"
# DOCKER_BUILDKIT=0: a bare engine has the classic builder only.
DOCKER_BUILDKIT=0 docker build --force-rm --build-arg "BASE=$base" --label "$label=$inputs" --tag "$image" \
	--file Dockerfile "$context" >"$work/build.log" 2>&1 || { tail -n 40 "$work/build.log" >&2; exit 1; }
# A rebuilt image leaves its predecessor without a name.
docker image prune --force --filter "label=$label" >/dev/null
say "built $image in ${SECONDS}s"
