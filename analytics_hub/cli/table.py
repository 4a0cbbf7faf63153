"""A table of results for people: numbers to the right and never cut, texts of strangers shown as they are.

In: names of columns, which of them are numbers, rows of texts. Out: standard output. In a terminal long texts are
folded to its width; in a pipe every row is one line, however long.
"""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from analytics_hub.cli.console import OUT

_WIDEST: Final = 100_000


def print_table(names: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Collection[str]) -> None:
    table = Table(box=None, pad_edge=False)
    for name in names:
        if name in numbers:
            table.add_column(name, justify="right", no_wrap=True)
        else:
            table.add_column(name, no_wrap=name.endswith("time"), overflow="fold", min_width=len(name))
    for row in rows:
        table.add_row(*(verbatim(cell) for cell in row))
    if OUT.is_terminal:
        OUT.print(table)
    else:
        natural = Measurement.get(OUT, OUT.options.update(max_width=_WIDEST), table).maximum
        Console(width=max(1, natural), highlight=False).print(table)


def verbatim(text: str) -> Text:
    """No markup, and nothing that moves a terminal's cursor or colours it."""
    return Text(
        "".join(mark if mark.isprintable() else mark.encode("unicode_escape").decode() for mark in text)
    )
