"""Every model of the list, at every boundary of its validity, against the list's own code and a Decimal oracle."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from genai_prices.data import providers
from genai_prices.types import ModelInfo, Provider, StartDateConstraint, TieredPrices, TimeOfDateConstraint

from tests.unit.pricing import oracle
from tests.unit.pricing.oracle import KINDS
from tests.unit.pricing.priced import Call, priced

DAY_US = 86_400_000_000
TIERS = ("", "default", "priority", "flex", "fast", "batch", "no-such-tier")
MOMENTS = tuple(
    int(datetime(*day, 12, 34, 56, 789, tzinfo=UTC).timestamp()) * 1_000_000 + 789
    for day in ((2024, 2, 29), (2025, 9, 1), (2026, 11, 20), (2027, 6, 1))
)


def boundaries(model: ModelInfo) -> set[int]:
    """Moments around each start date and time of day of the model, to the microsecond."""
    cards = model.prices if isinstance(model.prices, list) else []
    constraints = [card.constraint for card in cards] + [v.constraint for v in model.price_variants or ()]
    found = set()
    for constraint in constraints:
        if isinstance(constraint, StartDateConstraint):
            found.add(_us(datetime.combine(constraint.start_date, time(), UTC)))
        elif isinstance(constraint, TimeOfDateConstraint):
            for moment in (constraint.start_time, constraint.end_time):
                found |= {
                    _us(datetime.combine(date(2025, 9, 1), moment)) + days * DAY_US for days in (0, 450)
                }
    return {edge + step for edge in found for step in (-1, 0, 1)}


def thresholds(model: ModelInfo) -> set[int]:
    """Starts of all tiers of the model."""
    cards = [card.prices for card in model.prices] if isinstance(model.prices, list) else [model.prices]
    cards += [variant.prices for variant in model.price_variants or ()]
    tiered = [price for card in cards for price in vars(card).values() if isinstance(price, TieredPrices)]
    return {tier.start for price in tiered for tier in price.tiers}


def vectors(model: ModelInfo, seed: random.Random) -> Iterator[dict[str, int]]:
    """Token vectors: random ones, each kind alone is among them by chance, and both sides of every tier's start."""
    yield {kind: seed.randrange(1, 100_000) for kind in KINDS}
    yield {kind: seed.randrange(0, 10**9) for kind in seed.sample(KINDS, 4)} | {
        "web_searches": seed.randrange(9)
    }
    yield {seed.choice(KINDS): seed.randrange(1, 10**6)}
    for start in sorted(thresholds(model)):
        for total in (start, start + 1):
            cached = seed.randrange(total)
            yield {"input_tokens": total - cached, "cache_read_tokens": cached, "output_tokens": 1001}


def name_of(provider: Provider, model: ModelInfo) -> str:
    """A name that means this very model; its id does not always (a pattern may want a suffix)."""

    def literals(clause: Any) -> Iterator[str]:
        (value,) = vars(clause).values()
        parts = [value] if isinstance(value, str) else [text for part in value for text in literals(part)]
        yield from parts

    names = [model.id, *literals(model.match), *(f"{text}x" for text in literals(model.match))]
    return next((name for name in names if oracle.is_found(provider, model, name)), model.id)


def calls_of(provider: Provider, model: ModelInfo, seed: random.Random) -> Iterator[Call]:
    """The events to price for one model."""
    name = name_of(provider, model)
    for counts in vectors(model, seed):
        yield Call(provider.id, name, seed.choice(MOMENTS), counts, seed.choice(TIERS))
    variant_tiers = TIERS if model.price_variants else ("",)
    for ts_us in sorted(boundaries(model)):
        for tier in variant_tiers:
            yield Call(provider.id, name, ts_us, {"input_tokens": 1234, "output_tokens": 567}, tier)


def _us(moment: datetime) -> int:
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(
        microseconds=1
    )


@pytest.mark.parametrize("provider", providers, ids=lambda provider: provider.id)
def test_every_model_costs_what_the_list_says_to_the_pico_usd(provider: Provider) -> None:
    seed = random.Random(provider.id)
    calls = [call for model in provider.models for call in calls_of(provider, model, seed)]
    assert calls
    for call, said in zip(calls, priced(calls), strict=True):
        found = oracle.find(call.provider, call.model)
        if found is None:
            assert (said.lines, said.status, said.price_id) == ((0, 0, 0, 0, 0), oracle.UNPRICED, 0), call
            continue
        prices = oracle.prices_in_force(found, call.service_tier, call.ts_us)
        wanted = oracle.expected(prices, call.counts)
        assert (said.lines, said.status) == (wanted.lines, wanted.status), (call, prices)
        assert said.price_id != 0
        assert oracle.exact_cost(prices, call.counts) == oracle.unrounded(prices, call.counts), call


def test_nearly_every_model_is_priced_by_a_name_that_means_it() -> None:
    pairs = [(provider, model) for provider in providers for model in provider.models]
    hidden = [
        model.id
        for provider, model in pairs
        if not oracle.is_found(provider, model, name_of(provider, model))
    ]
    assert len(hidden) < len(pairs) / 100, hidden


def test_the_list_has_what_these_tests_are_about() -> None:
    models = [model for provider in providers for model in provider.models]
    assert len(models) > 2000
    assert sum(len(thresholds(model)) > 0 for model in models) > 50
    assert sum(len(boundaries(model)) > 0 for model in models) > 100
