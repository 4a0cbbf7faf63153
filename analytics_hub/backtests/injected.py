"""Injected incidents: tenants with one known incident each beside clean ones, at default thresholds, causal.

In: a seed, how many tenants, and rates of real clients where their shapes are wanted. Out: precision, recall, delay,
and false alarms a month of a clean tenant. Who watches sees five metrics of a tenant; hours that are reported a few
hours apart are one report. The first two weeks are not scored. Incidents below ×3 count for `recall_small`
only: a report of one is neither right nor wrong.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import cycle
from typing import Final

import numpy as np

from analytics_hub.backtests.asking import Asking
from analytics_hub.backtests.incidents import KINDS, Incident, inject
from analytics_hub.backtests.report import Figures, Progress, SuiteReport
from analytics_hub.backtests.tenants import DAY_H, Hours, lived, made_up_rate, shaped_rate
from analytics_hub.backtests.watchers import Watcher
from models.ports import Floats
from models.scores.events import NOTHING, Matched, Span, false_alarms_per_month, matched, median_delay

SUITE: Final = "injected"
HOURS: Final = 42 * DAY_H
WARM_UP_H: Final = 14 * DAY_H
TOLERANCE_H: Final = 1
FACTOR_MIN: Final = 3.0
_YOUNG_H: Final = 3 * DAY_H


@dataclass(frozen=True, slots=True)
class Tenant:
    hours: Hours
    incident: Incident | None


def run(
    watchers: Sequence[Watcher],
    progress: Progress,
    *,
    seed: int,
    tenants: int,
    clean: int,
    shapes: Floats | None = None,
    shapes_name: str = "made up",
) -> SuiteReport:
    crowd = make_tenants(seed, tenants, clean, shapes)
    models, asking = dict[str, Figures](), Asking()
    for number_done, watcher in enumerate(watchers):
        reports = []
        for done, tenant in enumerate(crowd):
            progress(number_done * len(crowd) + done, len(watchers) * len(crowd))
            watch = partial(watcher.reports, tenant.hours, WARM_UP_H)
            reports.append(asking.answer(watcher.name, watch, list[Span]))
        models[watcher.name] = asking.figures(watcher.name, partial(_figures, crowd, reports))
    protocol: dict[str, float | str] = {
        "seed": seed,
        "tenants_with_an_incident": tenants,
        "clean_tenants": clean,
        "days_scored": (HOURS - WARM_UP_H) // DAY_H,
        "tolerance_h": TOLERANCE_H,
    }
    return SuiteReport(SUITE, watchers[0].name, [shapes_name], protocol, models, asking.reasons)


def make_tenants(seed: int, tenants: int, clean: int, shapes: Floats | None = None) -> list[Tenant]:
    """Every kind in every strength in turn; the same seed makes the same tenants."""
    random = np.random.default_rng(seed)
    turns = cycle([(name, factor) for name, kind in KINDS.items() for factor in kind.factors])
    crowd = [_with_incident(random, *next(turns), shapes) for _ in range(tenants)]
    return crowd + [Tenant(lived(random, _rate(random, shapes)), None) for _ in range(clean)]


def _with_incident(random: np.random.Generator, name: str, factor: float, shapes: Floats | None) -> Tenant:
    rate = _rate(random, shapes)
    first = int(random.integers(WARM_UP_H + DAY_H, HOURS - KINDS[name].lasts_h[1]))
    if name == "new_tenant_surge":
        rate[: first - _YOUNG_H] = 0.0
    return Tenant(*inject(random, lived(random, rate), name, factor, first))


def _rate(random: np.random.Generator, shapes: Floats | None) -> Floats:
    return made_up_rate(random, HOURS) if shapes is None else shaped_rate(random, HOURS, shapes)


def _figures(crowd: Sequence[Tenant], reports: Sequence[list[Span]]) -> dict[str, float]:
    large, small = NOTHING, NOTHING
    by_kind = dict.fromkeys(KINDS, NOTHING)
    false_reports = clean = 0
    for tenant, found in zip(crowd, reports, strict=True):
        incident = tenant.incident
        if incident is None:
            clean += 1
            false_reports += len(found)
        elif incident.factor < FACTOR_MIN:
            small += _matched(incident, found)
        else:
            one = _matched(incident, found)
            large += one
            by_kind[incident.kind] += one
    return {
        "precision": large.precision,
        "recall": large.recall,
        "delay_h": median_delay(large.delays),
        "false_alarms_per_tenant_month": false_alarms_per_month(false_reports, clean * (HOURS - WARM_UP_H)),
        "recall_small": small.recall,
        **{f"recall_{kind}": one.recall for kind, one in by_kind.items()},
    }


def _matched(incident: Incident, found: Sequence[Span]) -> Matched:
    """Delays count from `due`; whatever came before it is in time."""
    one = matched([(incident.first, incident.last)], found, TOLERANCE_H)
    waited = tuple(max(0, incident.first + delay - incident.due) for delay in one.delays)
    return Matched(one.events, one.found, one.reports, one.right, waited)
