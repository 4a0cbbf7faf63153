"""`hub rejects`: what each reject code means."""

from typing import Annotated

import typer
from rich.table import Table

from analytics_hub.cli.console import OUT, print_json
from analytics_hub.cli.running import guarded
from rust_core import reject_codes


@guarded
def rejects(as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False) -> None:
    """List every reject code and what it means."""
    codes = reject_codes()
    if as_json:
        print_json(dict(codes))
        return
    table = Table("code", "what it means", box=None, pad_edge=False)
    for code, message in codes:
        table.add_row(code, message)
    OUT.print(table)
