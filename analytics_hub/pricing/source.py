"""The installed price list, read as it is: `genai-prices`, offline.

In: nothing. Out: its providers and its table of units. The package can fetch newer lists over the network; that is
never asked of it, so that two machines with the same lock file price alike. See `compile` for what becomes of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any

from genai_prices.types import Provider


@dataclass(frozen=True)
class PriceList:
    """The list and the release that it came with."""

    release: str
    providers: Sequence[Provider]
    units: dict[str, dict[str, Any]]


@cache
def installed_price_list() -> PriceList:
    """The list of the installed package."""
    # Half a second of imports (30,000 lines of literals) that a command which prices nothing need not wait for.
    from genai_prices.data import providers  # noqa: PLC0415
    from genai_prices.data_units import unit_data  # noqa: PLC0415

    return PriceList(version("genai-prices"), providers, unit_data)
