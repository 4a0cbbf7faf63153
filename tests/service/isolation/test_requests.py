"""Every named attack over HTTP, on a real database; and no text of a caller becomes SQL."""

import asyncio
from collections.abc import Iterator

import pytest

from analytics_hub.api.app import create_app
from analytics_hub.settings import ApiSettings
from tests.support.attacks.asgi import Ask, ask
from tests.support.attacks.credentials import CREDENTIALS
from tests.support.attacks.crowd import gather
from tests.support.attacks.requests import REQUESTS, Target
from tests.support.attacks.sent import statements_sent
from tests.support.database import Database, copy_of
from tests.support.reader import HOSTILE
from tests.support.services import open_services

ATTACKS = {**REQUESTS, **CREDENTIALS}
WORD = "zq7xword"
SQL = (
    WORD,
    f"' || {WORD} || '",
    f"'; SELECT {WORD}; --",
    f"%({WORD})s",
    f'"{WORD}"',
    f"$${WORD}$$",
    f"E'{WORD}\\'",
)


@pytest.fixture(scope="module")
def target(template: Database) -> Iterator[Target]:
    with copy_of(template) as database:
        attacker, victim = gather(database, 2)
        app = create_app(lambda: open_services(database.reader_dsn), ApiSettings())
        yield Target(app, attacker, victim)


@pytest.mark.parametrize("name", ATTACKS)
def test_the_wall_holds_against(target: Target, name: str) -> None:
    async def main() -> str:
        async with target.app.router.lifespan_context(target.app):
            return await ATTACKS[name](target)

    assert asyncio.run(main()) == ""


def string_parameters(target: Target) -> Iterator[Ask]:
    """Every parameter of every path with every hostile text, and every string of the graph."""
    for path, methods in target.app.openapi()["paths"].items():
        for one in methods.get("get", {}).get("parameters", []):
            for text in (*SQL, *HOSTILE):
                if one["in"] == "query":
                    yield Ask(
                        path.replace("{id}", "1"), ((one["name"].replace("<key>", "team"), text),), blocks=2
                    )
                elif one["in"] == "header":
                    yield Ask(
                        path.replace("{id}", "1"),
                        (),
                        ((one["name"], text.replace("\n", "").replace("\u2028", "")),),
                        blocks=2,
                    )
        for text in SQL:
            yield Ask(path, ((f"filter.{text}", text), (text, text)), blocks=2)
            yield Ask(path, ((f"filter.tag.{text}", text),), blocks=2)


def test_no_text_of_a_caller_becomes_sql(target: Target) -> None:
    """Every statement that goes to the server is looked at: the word is bound in some, and in the text of none."""

    async def main() -> list[str]:
        broken = []
        async with target.app.router.lifespan_context(target.app):
            for hostile in string_parameters(target):
                reply = await ask(target.app, hostile, target.attacker.key)
                if reply.status >= 500 or target.shows_the_victim(reply, hostile):
                    broken.append(f"{reply.status} {hostile.text} {reply.text[:300]}")
        return broken

    with statements_sent() as sent:
        assert asyncio.run(main()) == []
    assert [text for text in sent.texts if WORD in text or "DROP TABLE" in text] == []
    assert sum(WORD in values for values in sent.bound) > 50
    assert sent.forgetful() == []
    tenants = {text.rpartition("; ")[2] for text in sent.texts if text.startswith("BEGIN")}
    assert tenants == {f"SET LOCAL hub.tenant_id = '{target.attacker.tenant}'"}
