#!/bin/bash
# Runs once, while the image is built: a PostgreSQL cluster with the documentdb extension in database "postgres".
set -euo pipefail

bin=/usr/lib/postgresql/18/bin
data=/var/lib/postgresql/mongo-compat

as_postgres() { runuser -u postgres -- "$@"; }

as_postgres "$bin/initdb" --pgdata="$data" --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >/dev/null

# Throw-away data: nothing needs to survive a crash. mmap instead of posix shared memory, since a container's /dev/shm
# holds 64 MB only and a parallel query on a large collection asks for more.
cat >>"$data/postgresql.conf" <<'CONF'
listen_addresses = '127.0.0.1'
port = 5432
max_connections = 200
shared_preload_libraries = 'pg_cron,pg_documentdb_core,pg_documentdb'
cron.database_name = 'postgres'
cron.log_statement = off
cron.log_run = off
dynamic_shared_memory_type = mmap
shared_buffers = 256MB
fsync = off
synchronous_commit = off
full_page_writes = off
CONF

as_postgres "$bin/pg_ctl" --pgdata="$data" --wait --silent --log=/tmp/init.log start || { cat /tmp/init.log; exit 1; }
as_postgres "$bin/psql" --quiet --set=ON_ERROR_STOP=1 --host=127.0.0.1 --dbname=postgres \
	--command='CREATE EXTENSION documentdb CASCADE'
as_postgres "$bin/pg_ctl" --pgdata="$data" --wait --silent --mode=fast stop
rm -f /tmp/init.log
