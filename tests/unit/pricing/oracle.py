"""What an event ought to cost, said a second time in Decimal and in the price list's own code.

In: a provider, a model, a moment and counts. Out: lines in pico-USD, status and unpriced tokens. Nothing here is shared
with the core: which price charges a kind is a table written by hand, and the whole is compared with genai-prices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

from genai_prices.data import providers
from genai_prices.data_snapshot import DataSnapshot
from genai_prices.types import ModelInfo, ModelPrice, Provider, TieredPrices, Usage

PRICED, PARTIAL, UNPRICED, REPORTED, ESTIMATED = range(5)
LIST = DataSnapshot(providers=providers, from_auto_update=False)

CHARGED_BY = {
    "input_tokens": ("input_mtok",),
    "cache_read_tokens": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m_tokens": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h_tokens": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "input_audio_tokens": ("input_audio_mtok", "input_mtok"),
    "input_image_tokens": ("input_image_mtok", "input_mtok"),
    "output_tokens": ("output_mtok",),
    "output_reasoning_tokens": ("output_reasoning_mtok", "output_mtok"),
    "output_audio_tokens": ("output_audio_mtok", "output_mtok"),
}
KINDS = tuple(CHARGED_BY)
INPUT_KINDS, OUTPUT_KINDS = KINDS[:6], KINDS[6:]
LINES = (
    ("input_tokens", "input_audio_tokens", "input_image_tokens"),
    ("cache_read_tokens",),
    ("cache_write_5m_tokens", "cache_write_1h_tokens"),
    OUTPUT_KINDS,
)
PICO = Decimal(10) ** 12

Counts = Mapping[str, int]
"""Token columns and `web_searches`; absent is 0."""


@dataclass(frozen=True)
class Expected:
    """What the core must say."""

    lines: tuple[int, int, int, int, int]
    status: int
    unpriced_tokens: int


def find(provider: str, model: str) -> tuple[Provider, ModelInfo] | None:
    """The list's own look-up; no provider is None there."""
    try:
        return LIST.find_provider_model(model, None, provider or None, None)
    except LookupError:
        return None


def is_found(provider: Provider, model: ModelInfo, name: str) -> bool:
    """Whether the names mean this very model."""
    found = find(provider.id, name)
    return found is not None and found[1] is model


def moment(ts_us: int) -> datetime:
    """Exact to the microsecond, unlike a float timestamp."""
    seconds, us = divmod(ts_us, 1_000_000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=us)


def prices_in_force(found: tuple[Provider, ModelInfo], service_tier: str, ts_us: int) -> ModelPrice:
    """The list's own choice of prices; overrides hold with the provider that lists the model only."""
    provider, model = found
    context = {"service_tier": service_tier} if service_tier else {}
    if service_tier == "batch":
        context["processing"] = "batch"
    is_own = any(model is own for own in provider.models)
    return model.get_prices(moment(ts_us), context if is_own else None)


def expected(prices: ModelPrice, counts: Counts) -> Expected:
    """Lines rounded once each, and what is missing."""
    total = sum(counts.get(kind, 0) for kind in INPUT_KINDS)
    unit = {kind: _first(prices, CHARGED_BY[kind], total, 1_000_000) for kind in KINDS}
    search = _first(prices, ("web_searches_kcount",), total, 1000)
    request = _first(prices, ("requests_kcount",), total, 1000)
    searches = counts.get("web_searches", 0)
    exact = [
        sum(((unit[kind] or Decimal(0)) * counts.get(kind, 0) for kind in line), Decimal(0)) for line in LINES
    ]
    exact.append((search or Decimal(0)) * searches + (request or Decimal(0)))
    occurred = [kind for kind in KINDS if counts.get(kind, 0) > 0]
    missing = [kind for kind in occurred if unit[kind] is None]
    is_missing = bool(missing) or (searches > 0 and search is None)
    is_priced = len(occurred) > len(missing) or (searches > 0 and search is not None) or request is not None
    if not is_priced and not is_missing:
        is_priced = any(price is not None for price in unit.values())
    status = (PARTIAL if is_missing else PRICED) if is_priced else UNPRICED
    a, b, c, d, e = (rounded(line) for line in exact)
    return Expected((a, b, c, d, e), status, sum(counts[kind] for kind in missing))


def rounded(usd: Decimal) -> int:
    """Whole pico-USD, half to even."""
    with localcontext(prec=80):
        return int((usd * PICO).to_integral_value(ROUND_HALF_EVEN))


def exact_cost(prices: ModelPrice, counts: Counts) -> Decimal:
    """The list's own total, unrounded."""
    total_in = sum(counts.get(kind, 0) for kind in INPUT_KINDS)
    wholes = {
        "input_tokens": total_in,
        "cache_write_tokens": counts.get("cache_write_5m_tokens", 0) + counts.get("cache_write_1h_tokens", 0),
        "output_tokens": sum(counts.get(kind, 0) for kind in OUTPUT_KINDS),
        "web_searches": counts.get("web_searches", 0),
    }
    parts = {kind: counts.get(kind, 0) for kind in KINDS if kind not in wholes}
    # Joins of two parts (cached audio) must be stated; our kinds are disjoint, so they are none.
    joins = dict.fromkeys(("cache_audio_read_tokens", "cache_image_read_tokens"), 0)
    with localcontext(prec=80):
        return prices.calc_price(Usage(**wholes, **parts, **joins))["total_price"]


def unrounded(prices: ModelPrice, counts: Counts) -> Decimal:
    """The sum over disjoint kinds, which must be the list's own total."""
    total = sum(counts.get(kind, 0) for kind in INPUT_KINDS)
    with localcontext(prec=80):
        tokens = sum(
            (
                (_first(prices, CHARGED_BY[kind], total, 1_000_000) or Decimal(0)) * counts.get(kind, 0)
                for kind in KINDS
            ),
            Decimal(0),
        )
        searches = (_first(prices, ("web_searches_kcount",), total, 1000) or Decimal(0)) * counts.get(
            "web_searches", 0
        )
        return tokens + searches + (_first(prices, ("requests_kcount",), total, 1000) or Decimal(0))


def _first(prices: ModelPrice, keys: tuple[str, ...], total: int, per: int) -> Decimal | None:
    """USD a unit by the first key that has a price."""
    for key in keys:
        price = vars(prices).get(key)
        if price is None:
            continue
        if isinstance(price, TieredPrices):
            above = [tier.price for tier in price.tiers if total > tier.start]
            price = above[-1] if above else price.base
        with localcontext(prec=80):
            return Decimal(price) / per
    return None
