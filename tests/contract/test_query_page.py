"""docs/query.md lists every metric as the code has it."""

from analytics_hub.domain.metrics import METRICS
from tests.contract.tree import ROOT


def test_the_page_lists_every_metric_as_it_is() -> None:
    _, _, listed = (ROOT / "docs" / "query.md").read_text().partition("## All metrics\n\n")
    rows = [f"| `{metric.name}` | {metric.unit} | {metric.help} |" for metric in METRICS.values()]
    assert listed.splitlines() == ["| metric | unit | what |", "|---|---|---|", *rows]
