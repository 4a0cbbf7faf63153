"""`hub backtest`: how good the models are, by the protocol of each suite; the table, and a result file for each.

In: `shared/data` in or beside this folder, or whatever files are named. Out: one line a model, and
`benchmarks/results/models/SUITE.json`. The protocols are in `analytics_hub/backtests`; no database is used.
"""

from pathlib import Path
from typing import Annotated, Final

import typer

from analytics_hub.backtests import cloud, injected, m4_hourly, nab, servegen
from analytics_hub.backtests.choice import detectors, forecasters, watchers
from analytics_hub.backtests.files import file_of
from analytics_hub.cli.backtesting import data_folder, run_suite
from analytics_hub.cli.running import guarded
from analytics_hub.domain.errors import NotFound

app = typer.Typer(help="Measure the models by the protocols of public suites.", no_args_is_help=True)

_RESULTS: Final = Path("benchmarks/results/models")

Model = Annotated[
    list[str] | None,
    typer.Option(help="A model by name, may be given again; `all`. Without it those that are quick."),
]
Data = Annotated[
    Path | None, typer.Option(help="The folder with the suites' data; shared/data in or beside this one.")
]
Results = Annotated[Path, typer.Option(help="The folder that the result file is written into.")]
Keep = Annotated[
    bool, typer.Option("--keep", help="Leave models in the result file that ran before, and do not run now.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]


@app.command("m4-hourly")
@guarded
def m4(
    context: typer.Context,
    model: Model = None,
    data: Data = None,
    train: Annotated[Path | None, typer.Option(help="Series to learn from, a row each.")] = None,
    test: Annotated[
        Path | None, typer.Option(help="What came after; else the last 48 of each series.")
    ] = None,
    series_max: Annotated[int, typer.Option(help="Only the first so many series; 0 is all.", min=0)] = 0,
    results: Results = _RESULTS,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """M4 hourly: 48 steps ahead; OWA, MASE, sMAPE, MSIS, coverage."""
    chosen = forecasters(model or [])
    source = file_of(train, "--train") if train else m4_hourly.default_train(data_folder(data))
    run_suite(
        context,
        lambda progress: m4_hourly.run(
            chosen, source, file_of(test, "--test") if test else None, progress, series_max
        ),
        results,
        keep=keep,
        as_json=as_json,
    )


@app.command("servegen")
@guarded
def servegen_rates(
    context: typer.Context,
    model: Model = None,
    data: Data = None,
    rates: Annotated[
        list[Path] | None, typer.Option(help="A file of request rates; may be given again.")
    ] = None,
    origins: Annotated[
        int, typer.Option(help="Forecasts of each client, a day apart.", min=1)
    ] = servegen.ORIGINS,
    results: Results = _RESULTS,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """ServeGen hourly: the next 24 hours of active clients; MASE24, WAPE, coverage."""
    chosen = forecasters(model or [])
    files = [file_of(path, "--rates") for path in rates or []] or servegen.default_files(data_folder(data))
    run_suite(
        context,
        lambda progress: servegen.run(chosen, files, progress, origins),
        results,
        keep=keep,
        as_json=as_json,
    )


@app.command("nab")
@guarded
def nab_corpus(
    context: typer.Context,
    model: Model = None,
    data: Data = None,
    folder: Annotated[
        Path | None, typer.Option(help="A folder with the series, in folders of their own.")
    ] = None,
    windows: Annotated[Path | None, typer.Option(help="The windows of each file, as JSON.")] = None,
    results: Results = _RESULTS,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """NAB v1.1: the standard, low-FP and low-FN score, normalised over the files that are there."""
    chosen = detectors(model or [])
    corpus = _folder(folder) if folder else nab.default_folder(data_folder(data))
    labels = file_of(windows, "--windows") if windows else nab.default_windows(corpus)
    run_suite(
        context,
        lambda progress: nab.run(chosen, corpus, labels, progress),
        results,
        keep=keep,
        as_json=as_json,
    )


@app.command("cloud")
@guarded
def cloud_monitoring(
    context: typer.Context,
    model: Model = None,
    data: Data = None,
    folder: Annotated[Path | None, typer.Option(help="A folder of files with TimeStamp,Value,Label.")] = None,
    results: Results = _RESULTS,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Cloud monitoring, hourly: F1 by events at one default threshold."""
    chosen = detectors(model or [])
    files = cloud.csv_files(_folder(folder)) if folder else cloud.default_files(data_folder(data))
    run_suite(
        context, lambda progress: cloud.run(chosen, files, progress), results, keep=keep, as_json=as_json
    )


@app.command("injected")
@guarded
def injected_incidents(
    context: typer.Context,
    model: Model = None,
    seed: Annotated[int, typer.Option(help="Makes the same tenants and incidents again.", min=0)] = 7,
    tenants: Annotated[int, typer.Option(help="Tenants with an incident.", min=0, max=10_000)] = 90,
    clean: Annotated[int, typer.Option(help="Tenants without one.", min=0, max=10_000)] = 60,
    rates: Annotated[
        Path | None, typer.Option(help="Tenants of the shapes in this file of request rates.")
    ] = None,
    results: Results = _RESULTS,
    keep: Keep = False,
    as_json: AsJson = False,
) -> None:
    """Injected incidents: precision, recall, delay, false alarms a month of a clean tenant."""
    chosen = watchers(model or [])
    shapes = servegen.read_shapes(file_of(rates, "--rates")) if rates else None
    name = f"made up, of the shapes in {rates.name}" if rates else "made up"
    run_suite(
        context,
        lambda progress: injected.run(
            chosen, progress, seed=seed, tenants=tenants, clean=clean, shapes=shapes, shapes_name=name
        ),
        results,
        keep=keep,
        as_json=as_json,
    )


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise NotFound(
            "no_such_folder", f"{path} is not there; --folder FOLDER names another", field="--folder"
        )
    return path
