"""The published Azure traces: totals as Polars counts them in the CSV, cost as exact decimals give it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

import polars as pl
import pytest
from genai_prices.data import providers

from analytics_hub.domain.clock import FixedClock
from analytics_hub.domain.ledger import LedgerCount
from ingest.csv_trace import CsvTraceSource, TraceMapping
from ingest.pipeline import Pipeline
from rust_core import TenantRules
from tests.support.database import Database
from tests.support.ingest import SETTINGS, PostgresStored, decoder

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "azure-llm-2023"
NOW = datetime(2026, 11, 5, 12, 0, tzinfo=UTC)
MAPPINGS = {
    "AzureLLMInferenceTrace_conv.csv": TraceMapping("openai", "gpt-4o", "chat"),
    "AzureLLMInferenceTrace_code.csv": TraceMapping("anthropic", "claude-sonnet-4-5", "code"),
}
PICO = Decimal(10) ** 12

pytestmark = pytest.mark.skipif(
    not all((FOLDER / name).is_file() for name in MAPPINGS), reason="the Azure traces are not on this machine"
)


@pytest.fixture
def postgres(db: Database) -> Iterator[PostgresStored]:
    stored = PostgresStored(db)
    yield stored
    stored.close()


def _load(postgres: PostgresStored, path: Path, mapping: TraceMapping) -> LedgerCount:
    rules = TenantRules(postgres.tenant_id, "acme", None, ())
    pipeline = Pipeline(decoder(), postgres.sink, SETTINGS.ingest, FixedClock(NOW))
    return pipeline.run(CsvTraceSource(str(path), mapping, SETTINGS.ingest), rules).count


def _load_both(postgres: PostgresStored) -> None:
    for name, mapping in MAPPINGS.items():
        _load(postgres, FOLDER / name, mapping)


def _rows(name: str) -> pl.DataFrame:
    return pl.read_csv(FOLDER / name)


def _price(provider_id: str, model_id: str, key: str) -> Decimal:
    """USD per million tokens, straight from the price data."""
    provider = next(one for one in providers if one.id == provider_id)
    model = next(one for one in provider.models if one.id == model_id)
    price = getattr(model.prices, key)
    if isinstance(price, Decimal):
        return price
    return Decimal(price.base)


def _line_pico_usd(tokens: int, usd_per_million: Decimal) -> int:
    exact = tokens * usd_per_million / Decimal(1_000_000) * PICO
    return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def test_requests_and_tokens_are_those_of_the_csv(postgres: PostgresStored) -> None:
    _load_both(postgres)
    both = pl.concat([_rows(name) for name in MAPPINGS])
    expected = {
        "events": both.height,
        "input_tokens": int(both["ContextTokens"].sum()),
        "output_tokens": int(both["GeneratedTokens"].sum()),
    }
    assert expected["events"] == 28_185
    assert postgres.raw_totals() == expected
    totals = postgres.totals()
    assert {name: totals[name] for name in expected} == expected


def test_the_cost_is_exact_to_the_pico_dollar(postgres: PostgresStored) -> None:
    _load_both(postgres)
    lines = {"input_mtok": 0, "output_mtok": 0}
    for name, mapping in MAPPINGS.items():
        rows = _rows(name)
        for key, column in (("input_mtok", "ContextTokens"), ("output_mtok", "GeneratedTokens")):
            price = _price(mapping.provider, mapping.model, key)
            lines[key] += sum(_line_pico_usd(tokens, price) for tokens in rows[column])
    totals = postgres.totals()
    assert totals["cost_input_pico_usd"] == lines["input_mtok"]
    assert totals["cost_output_pico_usd"] == lines["output_mtok"]
    assert totals["unpriced_events"] == 0


def test_the_same_trace_in_another_order_is_all_duplicates(postgres: PostgresStored, tmp_path: Path) -> None:
    name = "AzureLLMInferenceTrace_code.csv"
    _load(postgres, FOLDER / name, MAPPINGS[name])
    before = postgres.totals()
    header, *lines = (FOLDER / name).read_text().splitlines()
    shuffled = tmp_path / name
    shuffled.write_text("\n".join([header, *sorted(lines, reverse=True)]))
    count = _load(postgres, shuffled, MAPPINGS[name])
    assert count == LedgerCount(received=len(lines), duplicate=len(lines))
    half = tmp_path / "half.csv"
    half.write_text("\n".join([header, *lines[1::2]]))
    assert _load(postgres, half, MAPPINGS[name]).stored == 0
    assert postgres.totals() == before
    assert postgres.ledger().balanced
