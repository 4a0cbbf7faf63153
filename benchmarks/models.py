"""What scoring and forecasting cost: all tenants every hour, all series every night, on two cores.

    python -m benchmarks.models [--tenants N] [--series N] [--peer N] [--dry-run]

Writes `results/models.json`. Scoring: `models/incidents` over 28 days of hours of each tenant, its newest four hours
judged, three metrics a tenant; besides, on a tenth of them, all five. Refit: `models/selection` with the quick members
and the budget that the nightly job has, hourly series (a week ahead) and daily ones (five weeks ahead), measured on
`--series` of each and counted up to 30,000. Values are made before the clock starts; reading them from the database and
writing what was found is not in it. Seconds are CPU seconds of two processes, halved: those of the wall where nothing
else runs. Beside it, on the same values in the same run: scikit-learn's Isolation Forest, fitted to a tenant's hours,
and statsforecast's AutoETS, fitted once a series; neither chooses a model or backtests. Its error stands beside ours.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import time
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Final

import numpy as np

from analytics_hub.settings import JobSettings
from benchmarks.machine import write_result
from benchmarks.models_data import series, watched
from models.forecasters.selected import quick_members
from models.incidents.assess import assess
from models.ports import Floats
from models.scores.forecasts import mase
from models.selection import select

PROCESSES: Final = 2
SERIES: Final = 30_000
THREE: Final = ("requests", "cost_usd", "latency_ms")
FIVE: Final = (*THREE, "tokens_per_request", "error_share")
FIRST_HOUR: Final = 490_000
_BATCH: Final = 250
Figures = dict[str, float | int]


@dataclass(frozen=True)
class Spent:
    """CPU seconds of one process, and what came of it."""

    seconds: float
    found: int = 0
    errors: Sequence[float] = ()


@dataclass(frozen=True)
class Kind:
    """A sort of nightly forecast."""

    name: str
    points: int
    hours_each: int
    horizon: int
    season: int


JOBS: Final = JobSettings()
HOURLY: Final = Kind("hourly", JOBS.history_hours_days * 24, 1, JOBS.horizon_h, 24)
DAILY: Final = Kind("daily", JOBS.history_days, 24, JOBS.horizon_days, 7)


def scored(numbers: Sequence[int], metrics: tuple[str, ...]) -> Spent:
    """One after the other, as the job goes through them; made in batches, so that memory says what a job needs."""
    spent, found, hours = 0.0, 0, JOBS.score_days * 24
    for first in range(0, len(numbers), _BATCH):
        batch = [watched(number, hours, metrics) for number in numbers[first : first + _BATCH]]
        began = time.process_time()
        for one in batch:
            found += len(assess(one, FIRST_HOUR, 1 + JOBS.score_again_h).incidents)
        spent += time.process_time() - began
    return Spent(spent, found)


def scored_by_forest(numbers: Sequence[int], metrics: tuple[str, ...]) -> Spent:
    from sklearn.ensemble import IsolationForest  # noqa: PLC0415 - the peer only

    spent, hours = 0.0, JOBS.score_days * 24
    for number in numbers:
        table = np.nan_to_num(np.array([one.values for one in watched(number, hours, metrics)]).T)
        began = time.process_time()
        IsolationForest(random_state=1).fit(table).score_samples(table[-1 - JOBS.score_again_h :])
        spent += time.process_time() - began
    return Spent(spent)


def refitted(numbers: Sequence[int], kind: Kind) -> Spent:
    members = quick_members()

    def forecast(history: Floats) -> Floats:
        return select(
            history, kind.horizon, kind.season, members, fits_max=JOBS.fits_max, lowest=0.0
        ).forecast.point

    return _judged(numbers, kind, forecast)


def refitted_by_ets(numbers: Sequence[int], kind: Kind) -> Spent:
    from statsforecast.models import AutoETS  # noqa: PLC0415 - the peer only

    def forecast(history: Floats) -> Floats:
        model = AutoETS(season_length=kind.season)
        return np.asarray(model.forecast(y=history, h=kind.horizon, level=[80, 95])["mean"])

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the peer's own, of what it could not fit
        return _judged(numbers, kind, forecast)


def _judged(numbers: Sequence[int], kind: Kind, forecast: Callable[[Floats], Floats]) -> Spent:
    """The last of each series is what is forecast, so that the errors are of the same work as the seconds."""
    forecast(series(0, 4 * kind.season, kind.hours_each))  # loads and compiles what the first call does
    spent, errors = 0.0, []
    for number in numbers:
        values = series(number, kind.points + kind.horizon, kind.hours_each)
        history, actual = values[: kind.points], values[kind.points :]
        began = time.process_time()
        said = forecast(history)
        spent += time.process_time() - began
        errors.append(mase(actual, said, history, kind.season))
    return Spent(spent, 0, errors)


def memory_mb() -> float:
    """The most that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measured(tenants: int, series_each: int, peer: int) -> Figures:
    """All by two processes at a time, the peers too."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, context) as pool:

        def both(task: Callable[..., Spent], count: int, *given: object) -> list[Spent]:
            futures = [pool.submit(task, range(part, count, PROCESSES), *given) for part in range(PROCESSES)]
            return [future.result() for future in futures]

        both(scored, PROCESSES, THREE)  # starts them
        three, five = both(scored, tenants, THREE), both(scored, max(PROCESSES, tenants // 10), FIVE)
        nights = {kind.name: both(refitted, series_each, kind) for kind in (HOURLY, DAILY)}
        memory = memory_mb() + sum(pool.map(_memory_of, range(PROCESSES), chunksize=1))
        forest = both(scored_by_forest, peer, THREE)
        ets, ours = both(refitted_by_ets, peer, HOURLY), both(refitted, peer, HOURLY)
    figures: Figures = {
        "tenants": tenants,
        "series_scored": tenants * len(THREE),
        "score_s": round(_each_ms(three, PROCESSES) / 1000, 2),
        "score_ms_per_tenant": round(_each_ms(three, tenants), 3),
        "score_five_metrics_ms_per_tenant": round(_each_ms(five, max(PROCESSES, tenants // 10)), 3),
        "incidents": sum(one.found for one in three),
        "forest_ms_per_tenant": round(_each_ms(forest, peer), 3),
        "forest_over_ours": round(_each_ms(forest, peer) / _each_ms(three, tenants), 1),
        "series_refitted_each": series_each,
    }
    for name, spent in nights.items():
        each = _each_ms(spent, series_each)
        figures |= {f"refit_{name}_ms_per_series": round(each, 2)}
        figures |= {f"refit_30000_{name}_min": round(each * SERIES / PROCESSES / 60_000, 1)}
    return figures | {
        "ets_ms_per_series": round(_each_ms(ets, peer), 1),
        "ets_over_ours": round(_each_ms(ets, peer) / _each_ms(ours, peer), 1),
        "ets_mase": round(_mean_error(ets), 3),
        "ours_mase": round(_mean_error(ours), 3),
        "memory_mb": round(memory),
    }


def _memory_of(_: int) -> float:
    time.sleep(0.2)  # so that each of both processes takes one
    return memory_mb()


def _each_ms(spent: Sequence[Spent], count: int) -> float:
    return sum(one.seconds for one in spent) / count * 1000


def _mean_error(spent: Sequence[Spent]) -> float:
    return float(np.nanmean([error for one in spent for error in one.errors]))


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tenants", type=int, default=10_000)
    parser.add_argument("--series", type=int, default=1_000, help="refitted of each kind, of 30,000")
    parser.add_argument("--peer", type=int, default=20, help="tenants and series that the peers are asked of")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    args = parser.parse_args()
    # The children read it when they load numpy: one thread each, so that two processes are two cores.
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    figures = measured(args.tenants, args.series, args.peer)
    for name, value in figures.items():
        print(f"{name:36} {value:>12,}")
    if not args.dry_run:
        options = f"--tenants {args.tenants} --series {args.series} --peer {args.peer}"
        print(write_result("models", f"python -m benchmarks.models {options}", figures))


if __name__ == "__main__":
    main()
