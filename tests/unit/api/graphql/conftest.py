"""How many questions were begun while a test ran."""

from collections import Counter
from typing import Any

import pytest

from analytics_hub.api.graphql import execution

begun = execution._answer


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """By the name that each has in the answer."""
    found = Counter[str]()

    async def counted(built: Any, root: Any, key: str, *others: Any) -> Any:
        found[key] += 1
        return await begun(built, root, key, *others)

    monkeypatch.setattr(execution, "_answer", counted)
    return found
