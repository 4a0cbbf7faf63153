"""What the status of a cost says, case by case."""

from __future__ import annotations

from analytics_hub.pricing.compile import load_price_book
from tests.unit.pricing.oracle import ESTIMATED, PARTIAL, PRICED, REPORTED, UNPRICED
from tests.unit.pricing.priced import Call, batch_of, priced, unpriced_tokens

TS_US = 1_795_000_000_000_000
GPT = Call("openai", "gpt-4o", TS_US, {"input_tokens": 1_000_000, "output_tokens": 1_000_000})
EMBEDDING = Call("openai", "text-embedding-3-small", TS_US, {"input_tokens": 1_000_000})


def test_a_known_model_is_priced() -> None:
    (said,) = priced([GPT])
    assert (said.lines, said.status) == ((2_500_000_000_000, 0, 0, 10_000_000_000_000, 0), PRICED)
    assert unpriced_tokens(GPT) == 0


def test_an_unknown_model_is_unpriced_and_has_no_price_id() -> None:
    call = Call("openai", "no-such-model", TS_US, {"input_tokens": 7, "output_tokens": 5})
    (said,) = priced([call])
    assert (said.lines, said.status, said.price_id) == ((0, 0, 0, 0, 0), UNPRICED, 0)
    assert unpriced_tokens(call) == 12


def test_a_kind_without_a_price_makes_the_cost_partial_and_counts_its_tokens() -> None:
    call = Call(EMBEDDING.provider, EMBEDDING.model, TS_US, {"input_tokens": 1_000_000, "output_tokens": 3})
    (said,) = priced([call])
    assert (said.lines, said.status) == ((20_000_000_000, 0, 0, 0, 0), PARTIAL)
    assert unpriced_tokens(call) == 3


def test_only_kinds_without_a_price_make_the_event_unpriced() -> None:
    call = Call(EMBEDDING.provider, EMBEDDING.model, TS_US, {"output_tokens": 3})
    (said,) = priced([call])
    assert (said.lines, said.status) == ((0, 0, 0, 0, 0), UNPRICED)
    assert unpriced_tokens(call) == 3


def test_a_model_billed_by_the_hour_of_audio_is_never_a_silent_zero() -> None:
    (said,) = priced([Call("groq", "whisper-large-v3", TS_US)])
    assert (said.lines, said.status) == ((0, 0, 0, 0, 0), UNPRICED)


def test_a_request_without_tokens_costs_nothing_and_is_priced() -> None:
    (said,) = priced([Call("openai", "gpt-4o", TS_US)])
    assert (said.lines, said.status) == ((0, 0, 0, 0, 0), PRICED)


def test_a_web_search_without_a_price_makes_the_cost_partial() -> None:
    (said,) = priced(
        [Call("openai", "text-embedding-3-small", TS_US, {"input_tokens": 10, "web_searches": 2})]
    )
    assert said.status == PARTIAL


def test_estimated_counts_say_so_when_they_are_priced() -> None:
    (said,) = priced([Call("openai", "gpt-4o", TS_US, {**GPT.counts, "estimated": True})])
    assert said.status == ESTIMATED
    (said,) = priced([Call("openai", "no-such-model", TS_US, {"input_tokens": 1, "estimated": True})])
    assert said.status == UNPRICED


def test_a_reported_cost_stands_whatever_the_list_says() -> None:
    call = Call("openai", "gpt-4o", TS_US, GPT.counts, extra={"cost_usd": "0.000000000123"})
    (said,) = priced([call])
    assert (said.lines, said.status, said.price_id) == ((0, 0, 0, 0, 123), REPORTED, 0)
    assert unpriced_tokens(call) == 0


def test_a_cost_above_a_million_dollars_leaves_the_batch_as_a_reject() -> None:
    counts = {"input_tokens": 10**9, "output_tokens": 10**9, "output_reasoning_tokens": 10**9}
    dear = Call("openai", "o1-pro", TS_US, counts)
    batch = batch_of([GPT, dear])
    batch.price(load_price_book())
    (reject,) = batch.rejects
    assert (len(batch), reject.code) == (1, "cost_out_of_range")
    (tally,) = batch.tallies
    assert (tally.received, tally.stored, tally.rejected) == (2, 1, 1)


def test_pricing_twice_gives_the_same() -> None:
    batch = batch_of([GPT])
    batch.price(load_price_book())
    once = batch.totals()
    batch.price(load_price_book())
    assert batch.totals() == once


def test_batch_requests_take_the_batch_price_from_its_first_day_on() -> None:
    first_us = 20_740 * 86_400_000_000  # 2026-10-14
    before, at = priced(
        [Call("openai", "gpt-4o", ts, GPT.counts, "batch") for ts in (first_us - 1, first_us)]
    )
    assert sum(before.lines) == 12_500_000_000_000
    assert sum(at.lines) == 6_250_000_000_000
    assert before.price_id != at.price_id


def test_overrides_hold_with_the_provider_that_lists_the_model_only() -> None:
    own, other = priced(
        [Call(provider, "gpt-4o", TS_US, GPT.counts, "batch") for provider in ("openai", "azure")]
    )
    assert sum(own.lines) < sum(other.lines)
