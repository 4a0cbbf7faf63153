"""Names find what the list's own look-up finds."""

from __future__ import annotations

import string

import pytest
from genai_prices.data import providers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analytics_hub.pricing.compile import load_price_book
from tests.unit.pricing import oracle

PROVIDERS = [provider.id for provider in providers]
MODELS = sorted({model.id for provider in providers for model in provider.models})
NAMED = [
    "",
    *PROVIDERS,
    "litellm",
    "LiteLLM",
    "openai.responses",
    "vertex_ai",
    "azure_openai",
    "nobody",
    " openai ",
]
NOW_US = 1_790_000_000_000_000

text = st.text(string.ascii_letters + string.digits + "-_/.:@[]=é", min_size=1, max_size=30)
model = st.sampled_from(MODELS)
date = st.sampled_from(
    ["-20251211", "-2025-12-11", "-20251301", "-20240229:free", "-20240806-v1:0", "@20250514"]
)
names = st.one_of(
    text,
    model,
    st.tuples(model, date).map("".join),
    st.tuples(model, text).map("".join),
    st.tuples(st.sampled_from(PROVIDERS), st.just("/"), model).map("".join),
    st.tuples(model, st.integers(1, 40)).map(lambda pair: pair[0][: pair[1]]),
    model.map(str.upper),
    st.tuples(st.sampled_from(["us.", "eu.", "models/", "openai/", "anthropic."]), model, date).map("".join),
)


def agrees(provider: str, name: str) -> bool:
    """Whether the book finds the pair that the list finds."""
    theirs = oracle.find(provider, name)
    ours = load_price_book().find(provider, name, "", NOW_US)
    return (ours and ours[:2]) == (theirs and (theirs[0].id, theirs[1].id))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_model_id_of_every_provider_finds_what_the_list_finds(provider: str) -> None:
    assert [name for name in MODELS if not agrees(provider, name)] == []


@pytest.mark.parametrize("provider", ["", "litellm", "nobody"])
def test_every_model_id_without_a_known_provider_finds_what_the_list_finds(provider: str) -> None:
    assert [name for name in MODELS if not agrees(provider, name)] == []
    assert [
        name for name in MODELS for start in PROVIDERS[:8] if not agrees(provider, f"{start}/{name}")
    ] == []


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(NAMED), names)
@example("litellm", "openai/gpt-4o")
@example("litellm", "nobody/gpt-4o")
@example("litellm", "/gpt-4o")
@example("azure", "gpt-5.2-20251211")
@example("", "claude-3-5-haiku-20241022")
def test_names_made_up_around_the_list_find_what_the_list_finds(provider: str, name: str) -> None:
    assert agrees(provider, name.strip() or "x")


@settings(max_examples=200, deadline=None)
@given(text, names)
def test_a_provider_of_any_name_finds_what_the_list_finds(provider: str, name: str) -> None:
    assert agrees(provider.strip() or "x", name.strip() or "x")
