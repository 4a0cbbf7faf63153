"""Made-up usage that the benchmark of models scores and forecasts: `analytics_hub/backtests/tenants.py`, by number.

In: the number of a tenant or of a series. Out: its values; the same number makes the same ones in any process.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from analytics_hub.backtests.incidents import inject
from analytics_hub.backtests.tenants import lived, made_up_rate
from models.incidents.ports import Watched
from models.ports import Floats

_SEED: Final = 20_261_122
ODD_EVERY: Final = 50
"""In one tenant of so many something begins in the newest hours, as on a bad day."""
_BEGAN_H: Final = 2
COUNTED: Final = ("requests", "cost_usd")


def watched(number: int, hours: int, metrics: tuple[str, ...]) -> list[Watched]:
    """The whole tenant's series, as the job `score` asks for them."""
    random = np.random.default_rng((_SEED, number))
    lived_hours = lived(random, made_up_rate(random, hours))
    if number % ODD_EVERY == 0:
        lived_hours, _ = inject(random, lived_hours, "runaway", 5, hours - _BEGAN_H)
    values = lived_hours.metrics()
    return [
        Watched(name, "", "", values[name], None if name in COUNTED else lived_hours.requests)
        for name in metrics
    ]


def series(number: int, points: int, hours_each: int) -> Floats:
    """Requests or cost, by the hour or summed over days."""
    random = np.random.default_rng((_SEED, number))
    lived_hours = lived(random, made_up_rate(random, points * hours_each))
    values = (lived_hours.requests, lived_hours.cost_usd)[number % 2]
    return np.asarray(values.reshape(points, hours_each).sum(axis=1))
