"""Every code that a collector can answer with is on its page, and the page names no other."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[4]
PAGE = (ROOT / "docs" / "collector.md").read_text()
KINDS = "InvalidInput|Unsupported|NotAuthenticated|NotAllowed|TooLarge|TooSlow|TryLater|RateLimited"
RAISED = re.compile(rf'(?:{KINDS})\(\s*"([a-z_0-9]+)"')
PLACES = [
    *sorted((ROOT / "ingest" / "http").glob("*.py")),
    *(ROOT / "ingest" / name for name in ("group_commit.py", "body_queue.py", "postgres/session.py")),
    *(ROOT / "analytics_hub" / name for name in ("tenancy/authenticate.py", "storage/reader_pool.py")),
]
FRAMEWORKS_OWN = {"method_not_allowed"}
NEVER_ANSWERED = {
    "not_drained"  # told to the operator of a process that stops
}
WHOLE_ROWS = re.compile(r"^\| \d{3} \| (.+?) \|", re.MULTILINE)


def test_every_code_is_documented_and_every_documented_code_is_raised() -> None:
    raised = {code for place in PLACES for code in RAISED.findall(place.read_text())}
    documented = {code for row in WHOLE_ROWS.findall(PAGE) for code in re.findall(r"`([a-z_0-9]+)`", row)}
    assert len(raised) > 20
    assert raised - NEVER_ANSWERED | FRAMEWORKS_OWN == documented
