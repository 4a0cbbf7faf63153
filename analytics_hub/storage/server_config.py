"""The configuration of the embedded server, written at every start.

In: `ServerFiles`. Out: hub.conf in the cluster, included by its postgresql.conf.
"""

import os
from pathlib import Path

from analytics_hub.storage.server_files import ServerFiles

CONFIG_NAME = "hub.conf"

# Modest on purpose: the demo stays under 500 MB in all, and a laptop keeps its memory.
_CONFIG = """\
# Written at every start by the hub; settings of your own belong into postgresql.conf, below the include.
listen_addresses = ''                   # the unix socket only
unix_socket_directories = '{socket_dir}'
unix_socket_permissions = 0700
max_connections = 64
max_locks_per_transaction = 256         # a load of history makes many day partitions in one transaction
shared_buffers = 256MB
maintenance_work_mem = 64MB
huge_pages = off
jit = off                               # short statements: compiling costs more than it saves
synchronous_commit = on                 # an acknowledged event is on disk; off gained little when measured
fsync = {durable}
full_page_writes = {durable}
wal_compression = on
wal_level = replica
max_wal_size = 4GB                      # fewer forced checkpoints during a load
checkpoint_timeout = 15min
max_wal_senders = 0
max_worker_processes = 4
autovacuum_max_workers = 2
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = '{log_dir}'
log_filename = 'server-%a.log'          # a week of files, each overwritten a week later
log_truncate_on_rotation = on
log_rotation_age = 1d
log_rotation_size = 0
log_line_prefix = '%m [%p] %q%u@%d %a '
"""


def write_config(files: ServerFiles, *, durable: bool) -> None:
    """`durable=False` gives up crash safety for speed: tests only."""
    config = _CONFIG.format(
        socket_dir=_quoted(files.socket_dir),
        log_dir=_quoted(files.log_dir),
        durable="on" if durable else "off",
    )
    path = files.pgdata / CONFIG_NAME
    path.write_text(config, encoding="utf-8")
    os.chown(path, files.user.uid, files.user.gid)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
