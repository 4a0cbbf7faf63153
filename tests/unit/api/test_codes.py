"""Every code that the query side can give is seen in some test."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
KINDS = "InvalidInput|NotAuthenticated|NotAllowed|NotFound|Conflict|TooMuch|TryLater|Broken"
RAISED = re.compile(rf'(?:{KINDS})\(\s*"([a-z_]+)"')
OURS = (
    *(f"analytics_hub/{package}" for package in ("domain", "query", "tenancy", "api")),
    "analytics_hub/storage/reader_pool.py",
    "analytics_hub/storage/tenant_store.py",
    "analytics_hub/storage/key_store.py",
)


def files(place: Path) -> list[Path]:
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def test_every_code_is_exercised() -> None:
    codes = {
        code for place in OURS for path in files(ROOT / place) for code in RAISED.findall(path.read_text())
    }
    tests = "\n".join(path.read_text() for path in files(ROOT / "tests"))
    assert len(codes) > 30
    assert {code for code in codes if not re.search(rf"\b{code}\b", tests)} == set()
