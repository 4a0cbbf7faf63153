"""`hub migrate`: bring the database to the schema of this program. The steps are in
`analytics_hub/storage/migrate.py`.
"""

import typer

from analytics_hub.cli.console import OUT
from analytics_hub.cli.job_running import make_queue
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.storage.connections import connect
from analytics_hub.storage.migrate import check_texts, known_migrations
from analytics_hub.storage.migrate import migrate as apply_migrations


@guarded
def migrate(context: typer.Context) -> None:
    """Bring the database to the schema of this program. Doing it again changes nothing."""
    with opened(settings_of(context), upgrade=False) as hub:
        applied = apply_migrations(hub.dsn("hub_owner"))
        with connect(hub.dsn("hub_owner"), "hub-migrate") as conn:
            check_texts(conn)
        changes = make_queue(hub)
    for name in applied:
        OUT.print(f"applied  {name}")
    if changes:
        OUT.print(f"applied  the job queue at {changes[-1]}")
    OUT.print(f"the schema is at {known_migrations()[-1]}" + ("" if applied else ", as it was"))
