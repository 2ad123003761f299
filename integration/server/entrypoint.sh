#!/bin/bash
# PID 1 of the container: starts PostgreSQL, then FerretDB, and ends when either of them does or on a signal.
set -euo pipefail

bin=/usr/lib/postgresql/18/bin
data=/var/lib/postgresql/mongo-compat

stop() {
	trap - TERM INT
	kill -TERM "${ferretdb:-}" 2>/dev/null || true
	kill -INT "${postgres:-}" 2>/dev/null || true # SIGINT is PostgreSQL's fast shutdown
	wait || true
	exit "${1:-0}"
}
trap stop TERM INT

# setpriv, not runuser: it replaces itself by the server, so the signals above reach PostgreSQL.
setpriv --reuid=postgres --regid=postgres --init-groups "$bin/postgres" -D "$data" &
postgres=$!

for _ in $(seq 300); do
	if "$bin/pg_isready" --quiet --host=127.0.0.1 --username=postgres; then break; fi
	kill -0 "$postgres" 2>/dev/null || { echo "mongo-compat: PostgreSQL did not start" >&2; exit 1; }
	sleep 0.1
done

ferretdb \
	--postgresql-url=postgres://postgres@127.0.0.1:5432/postgres \
	--listen-addr=0.0.0.0:27017 --debug-addr=- \
	--no-auth --telemetry=disable --state-dir=/tmp --log-level=warn &
ferretdb=$!

status=0
wait -n "$postgres" "$ferretdb" || status=$?
echo "mongo-compat: a server ended by itself (status $status)" >&2
stop 1
