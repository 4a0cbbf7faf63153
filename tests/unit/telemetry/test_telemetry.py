"""Logs in one shape for our own lines and everybody else's; metrics that somebody moves."""

import json
import logging
import re
from pathlib import Path

import pytest
import structlog
from prometheus_client import Counter
from prometheus_client.metrics import MetricWrapperBase

from analytics_hub import telemetry
from analytics_hub.settings import LogSettings

ROOT = Path(__file__).parents[3]


def test_json_lines_carry_facts_and_the_cause(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logging(LogSettings(format="json"))
    try:
        raise ValueError("the cause")
    except ValueError as error:
        structlog.get_logger().error("flush failed", tenant=7, exc_info=error)
    logging.getLogger("a.library").warning("its %s", "words")
    ours, theirs = map(json.loads, capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["tenant"], ours["level"]) == ("flush failed", 7, "error")
    assert "the cause" in ours["exception"]
    assert (theirs["event"], theirs["level"]) == ("its words", "warning")


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    telemetry.configure_logging(LogSettings(level="error"))
    structlog.get_logger().warning("not this")
    structlog.get_logger().error("but this")
    assert "not this" not in (written := capsys.readouterr().err)
    assert "but this" in written


def test_every_metric_is_moved_somewhere() -> None:
    sources = [
        path.read_text()
        for package in ("analytics_hub", "ingest")
        for path in (ROOT / package).rglob("*.py")
        if path.parent.name != "telemetry"
    ]
    for name, value in vars(telemetry).items():
        if isinstance(value, MetricWrapperBase):
            assert any(re.search(rf"\b{name}\b", source) for source in sources), (
                f"{name} never moves: remove it"
            )


def test_the_page_of_metrics_names_every_metric_and_its_labels() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    listed = dict(re.findall(r"^\| `(hub_\w+)` \| ([a-z, ]*?) ?\| [^|]+ \|$", page, re.MULTILINE))
    made = {
        value._name + ("_total" if isinstance(value, Counter) else ""): ", ".join(value._labelnames)
        for value in vars(telemetry).values()
        if isinstance(value, MetricWrapperBase)
    }
    assert listed == made
