"""`hub simulate`: realistic load, to a collector or straight to Kafka.

In: rate, tenants, duration, shares of resends and of broken events, a seed. Out: a live line, a closing report, and
the client's ledger in a file for whoever wants to compare it with the database. What traffic looks like is in
`ingest/simulator`.
"""

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import orjson
import typer
from rich.live import Live
from rich.table import Table

from analytics_hub.cli.console import ERR, OUT, print_json
from analytics_hub.cli.opened import opened
from analytics_hub.cli.running import guarded, settings_of
from analytics_hub.cli.tenants import make_tenant
from analytics_hub.domain.clock import SystemClock, unix_us
from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.key import Scope
from analytics_hub.domain.tenant import NewTenant
from analytics_hub.settings import Settings
from ingest.kafka.direct import KafkaTarget
from ingest.kafka.security import security_config
from ingest.simulator.bodies import Bodies, Shape
from ingest.simulator.client_ledger import ClientLedger
from ingest.simulator.http_target import HttpTarget
from ingest.simulator.report import Report
from ingest.simulator.run import Pace, Simulation
from ingest.simulator.target import Target


@guarded
def simulate(
    context: typer.Context,
    keys_file: Annotated[
        Path, typer.Option(help="A JSON line a tenant, as `hub tenant create --json` prints it.")
    ],
    to: Annotated[
        str, typer.Option(help="http://HOST:PORT, or kafka://HOST:PORT/TOPIC-{tenant} for direct topics.")
    ] = "http://127.0.0.1:8480",
    rate: Annotated[
        float, typer.Option(help="Events a second on average; 0 is as fast as it goes.", min=0)
    ] = 1000,
    tenants: Annotated[int, typer.Option(help="How many tenants send.", min=1)] = 10,
    duration: Annotated[float, typer.Option(help="Seconds.", min=0.1)] = 60,
    batch: Annotated[int, typer.Option(help="Events in a body.", min=1, max=10_000)] = 100,
    connections: Annotated[int, typer.Option(help="Bodies under way at once.", min=1, max=256)] = 8,
    resend: Annotated[float, typer.Option(help="Share of events sent again.", min=0, max=1)] = 0.01,
    broken: Annotated[
        float, typer.Option(help="Share of events that must be refused.", min=0, max=1)
    ] = 0.001,
    seed: Annotated[int, typer.Option(help="The same seed draws the same events.", min=0)] = 0,
    steady: Annotated[bool, typer.Option("--steady", help="No bursts.")] = False,
    ledger_file: Annotated[Path | None, typer.Option(help="Where to write the client's ledger.")] = None,
    make_tenants: Annotated[
        bool, typer.Option("--make-tenants", help="Make tenants sim-1 … and write the keys file first.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Send made-up usage events as many tenants would."""
    settings = settings_of(context)
    if make_tenants:
        _make_tenants(settings, tenants, keys_file)
    keys = _keys(keys_file, tenants)
    shape = Shape(tuple(keys), batch, resend, broken, seed, steady)
    clock = SystemClock()
    run_id = f"sim-{seed:x}-{unix_us(clock.now()):x}"
    bodies = Bodies(shape, run_id, settings.simulator.resend_memory_events)
    target = _target(to, keys, settings)
    with _ledger(ledger_file) as ledger, _stop_on_signal() as stop, _live(not as_json) as show:
        pace = Pace(rate, duration, connections)
        simulation = Simulation(bodies, pace, target, settings=settings.simulator, clock=clock, ledger=ledger)
        report = simulation.run(stop, show)
    if as_json:
        print_json(asdict(report) | {"acked_per_s": report.acked_per_s, "run": run_id})
    else:
        OUT.print(_table(report))
    if report.refused or report.given_up:
        raise typer.Exit(1)


def _keys(path: Path, tenants: int) -> dict[str, str]:
    """Keys by slug, in the file's order. Raises InvalidInput when it cannot be read or holds too few."""
    try:
        rows = [orjson.loads(line) for line in path.read_bytes().splitlines() if line.strip()]
        keys = {str(row["tenant"]): str(row["api_key"]) for row in rows}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            "bad_keys_file", "--keys-file", f"{path}: {error}; --make-tenants writes one"
        ) from error
    if len(keys) < tenants:
        raise InvalidInput(
            "too_few_keys", "--keys-file", f"{path} has keys of {len(keys)} tenants, not of {tenants}"
        )
    return dict(list(keys.items())[:tenants])


def _make_tenants(settings: Settings, tenants: int, path: Path) -> None:
    """Tenants sim-1 … with a key each, into a file that only its owner can read."""
    with opened(settings) as hub, path.open("wb") as out:
        path.chmod(0o600)
        for number in range(1, tenants + 1):
            tenant, key = make_tenant(hub, NewTenant(f"sim-{number}", f"Simulated {number}"), [Scope.INGEST])
            out.write(orjson.dumps({"tenant": tenant.slug, "api_key": key.text}) + b"\n")


def _target(to: str, keys: dict[str, str], settings: Settings) -> Callable[[], Target]:
    scheme, wait_s = urlsplit(to).scheme, settings.simulator.answer_wait_s
    if scheme in {"http", "https"}:
        HttpTarget(to, keys, wait_s).close()  # a bad address is told before any thread starts
        return lambda: HttpTarget(to, keys, wait_s)
    if scheme == "kafka":
        security = security_config(settings.kafka)
        KafkaTarget(to, wait_s, security).close()
        return lambda: KafkaTarget(to, wait_s, security)
    raise InvalidInput("bad_target", "--to", f"not an address to send to: {to!r}")


@contextmanager
def _ledger(path: Path | None) -> Iterator[ClientLedger | None]:
    if path is None:
        yield None
        return
    with ClientLedger(path) as ledger:
        yield ledger


@contextmanager
def _stop_on_signal() -> Iterator[threading.Event]:
    """The first SIGINT or SIGTERM ends the run with its report; a second one kills."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _frame: object) -> None:
        stop.set()
        signal.signal(number, before[signal.Signals(number)])

    try:
        for number in before:
            signal.signal(number, ask)
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _live(show: bool) -> Iterator[Callable[[Report], None] | None]:
    """One line that moves, on standard error; nothing where nobody looks."""
    if not (show and ERR.is_terminal):
        yield None
        return
    with Live(console=ERR, auto_refresh=False, transient=True) as live:
        yield lambda report: live.update(_line(report), refresh=True)


def _line(report: Report) -> str:
    trouble = ", ".join(f"{name} × {times:,}" for name, times in report.trouble.items())
    return (
        f"{report.seconds:5.0f} s  {report.acked:,} acked ({report.acked_per_s:,.0f}/s)  "
        f"p50 {report.answer_p50_ms:.1f} ms  p99 {report.answer_p99_ms:.1f} ms  {trouble}"
    )


def _table(report: Report) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="dim")
    table.add_column(justify="right")
    rows: Sequence[tuple[str, str]] = (
        ("sent", f"{report.sent:,}"),
        ("acked", f"{report.acked:,}"),
        ("rejected", f"{report.rejected:,}"),
        ("refused", f"{report.refused:,}"),
        ("given up", f"{report.given_up:,}"),
        ("events/s", f"{report.acked_per_s:,.0f}"),
        ("answer p50", f"{report.answer_p50_ms:.1f} ms"),
        ("answer p99", f"{report.answer_p99_ms:.1f} ms"),
        ("bodies sent again", f"{report.retries:,}"),
        ("behind schedule", f"{report.behind_s:.1f} s"),
        *((f"  {name}", f"{times:,}") for name, times in report.trouble.items()),
    )
    for name, value in rows:
        table.add_row(name, value)
    return table
