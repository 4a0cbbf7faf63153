"""Settings: one table, read once, all faults at once, secrets never shown."""

from pathlib import Path

import pytest

from analytics_hub.domain.errors import InvalidInput
from analytics_hub.domain.usage import QueryCaps
from analytics_hub.settings import (
    ApiSettings,
    default_settings,
    load_settings,
    markdown,
    table,
    unknown_variables,
)

DOCS = Path(__file__).parents[3] / "docs" / "settings.md"


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for row in table():
        monkeypatch.delenv(row.variable, raising=False)


def test_the_documentation_is_that_of_the_table() -> None:
    assert DOCS.read_text() == markdown()


def test_every_setting_has_a_help_text_and_its_own_variable() -> None:
    rows = list(table())
    assert all(row.help.endswith(".") and row.variable.startswith("HUB_") for row in rows)
    assert len({row.variable for row in rows}) == len(rows)


def test_the_defaults_load_and_are_the_documented_ones() -> None:
    assert load_settings() == default_settings()
    assert load_settings().query.caps() == QueryCaps()


def test_all_faults_are_reported_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_API_PORT", "99999")
    monkeypatch.setenv("HUB_QUERY_POINTS_MAX", "many")
    monkeypatch.setenv("HUB_FLUSH_LOCK_TIMEOUT_MS", "70000")
    with pytest.raises(InvalidInput, match="bad_settings") as refused:
        load_settings()
    for part in ("HUB_API_PORT", "HUB_QUERY_POINTS_MAX", "lock_timeout_ms must not be above"):
        assert part in refused.value.message


def test_a_secret_is_masked_wherever_it_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for role in ("OWNER", "WRITER", "MAINT", "READER"):
        monkeypatch.setenv(f"HUB_{role}_DSN", "postgresql://hub:hunter2@db/hub")
    settings = load_settings()
    assert not settings.database.embedded
    assert "hunter2" not in repr(settings)
    assert settings.database.reader_dsn is not None
    assert "hunter2" in settings.database.reader_dsn.get_secret_value()


def test_a_secret_is_masked_in_faults_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_WRITER_DSN", "postgresql://hub:hunter2@db/hub")
    with pytest.raises(InvalidInput, match="all four") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


def test_settings_do_not_change_after_they_are_read() -> None:
    with pytest.raises(ValueError, match="frozen"):
        default_settings().api.port = 1  # type: ignore[misc]


def test_a_misspelt_variable_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_API_PROT", "1")
    monkeypatch.setenv("HUB_TEST_TIMESCALE_DSN", "x")
    assert "HUB_API_PROT" in unknown_variables()
    assert "HUB_TEST_TIMESCALE_DSN" not in unknown_variables()


def test_a_concern_can_be_replaced_without_the_environment() -> None:
    assert default_settings(api=ApiSettings(port=0)).api.port == 0
