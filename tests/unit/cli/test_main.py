"""The command line before any command: names, help and version, without paying for what is not called."""

import subprocess
import sys

import orjson
import pytest
import structlog
import typer
from typer.testing import CliRunner

from analytics_hub.cli.main import COMMANDS, app

runner = CliRunner()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    result = runner.invoke(app, [name, "--help"])
    assert result.exit_code == 0
    assert f"Usage: root {name}" in result.output


def test_help_lists_every_command_in_order() -> None:
    lines = runner.invoke(app, ["--help"]).output.splitlines()
    listed = [line.split()[1] for line in lines if line.startswith("│ ") and line.split()[1] in COMMANDS]
    assert listed == list(COMMANDS)


def test_the_version_needs_no_command() -> None:
    result = runner.invoke(app, ["--version"])
    assert (result.exit_code, result.output) == (0, "0.1.0\n")


def test_a_near_miss_of_a_command_is_named() -> None:
    result = runner.invoke(app, ["tennant"])
    assert result.exit_code == 2
    assert "Did you mean 'tenant'?" in result.output


def log_a_line() -> None:
    structlog.get_logger().warning("told aside")
    typer.echo("the answer")


def test_stdout_is_the_answers_alone_and_logs_go_to_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HUB_LOG_FORMAT", "json")
    monkeypatch.setitem(COMMANDS, "log-a-line", f"{__name__}:log_a_line")
    result = runner.invoke(app, ["log-a-line"])
    assert result.stdout == "the answer\n"
    assert orjson.loads(result.stderr)["event"] == "told aside"


def test_listing_reject_codes_imports_neither_a_server_nor_a_data_frame() -> None:
    code = (
        "import sys, analytics_hub.cli.main as m; m.app(['rejects'], standalone_mode=False);"
        "print([name for name in ('polars', 'fastapi', 'granian', 'psycopg') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_commands_are_typer_commands_or_applications() -> None:
    assert isinstance(app, typer.Typer)
    assert all(":" in place for place in COMMANDS.values())
