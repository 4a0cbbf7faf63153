"""One path in one process: what was posted to `/v1/events` is got from it, by who may ask."""

from typing import Any

import orjson

from tests.service.collector.conftest import Served
from tests.support.collecting import Tenant, array, fresh


def got(served: Served, tenant: Tenant, query: str) -> tuple[int, Any]:
    answer = served.collector.request("GET", f"/v1/events?{query}", {"Authorization": f"Bearer {tenant.key}"})
    return answer.status, orjson.loads(answer.content)


def test_what_was_posted_is_read_back_at_the_same_path(served: Served) -> None:
    tenant = served.tenant("reads-back", "ingest", "query")
    assert served.collector.send(array(fresh(range(3))), tenant.key).status == 200
    status, page = got(served, tenant, "from=-1h&limit=2")
    assert (status, len(page["events"])) == (200, 2)
    status, rest = got(served, tenant, f"from=-1h&limit=2&cursor={page['next']}")
    assert (status, len(rest["events"]), rest["next"]) == (200, 1, None)


def test_reading_needs_a_key_that_may_query(served: Served) -> None:
    tenant = served.tenant("only-writes", "ingest")
    assert served.collector.request("GET", "/v1/events").status == 401
    assert got(served, tenant, "from=-1h")[0] == 403
