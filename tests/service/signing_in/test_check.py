"""`hub check` says whether the issuer of sign-ins answers as itself."""

from collections.abc import Iterator

import pytest

from tests.support.command import Run, run_on
from tests.support.database import Database, copy_of
from tests.support.issuer import AUDIENCE
from tests.support.issuer_server import ServedIssuer, a_served_issuer


@pytest.fixture(scope="module")
def one_db(template: Database) -> Iterator[Database]:
    with copy_of(template) as database:
        yield database


@pytest.fixture
def issuer() -> Iterator[ServedIssuer]:
    with a_served_issuer() as served:
        yield served


@pytest.fixture
def hub(one_db: Database, issuer: ServedIssuer, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("HUB_OIDC_ISSUER", issuer.address)
    monkeypatch.setenv("HUB_OIDC_AUDIENCE", AUDIENCE)
    monkeypatch.setenv("HUB_OIDC_WAIT_S", "60")
    return run_on(one_db, monkeypatch)


def test_an_issuer_that_answers_is_named_with_its_keys(hub: Run, issuer: ServedIssuer) -> None:
    lines = hub.good("check").splitlines()
    assert f"sign-in   {issuer.address}: 3 keys, ES256, EdDSA, RS256" in lines
    assert lines[-1] == "all is well"


@pytest.mark.parametrize(
    ("mode", "told"),
    [("error", "status 500"), ("other issuer", "attacker.example"), ("garbage", "Expecting")],
)
def test_an_issuer_that_is_not_itself_is_a_fault(
    mode: str, told: str, hub: Run, issuer: ServedIssuer
) -> None:
    issuer.mode = mode
    done = hub("check")
    assert done.exit_code == 1
    fault = next(line for line in done.output.splitlines() if "the issuer of sign-ins" in line)
    assert told in fault
