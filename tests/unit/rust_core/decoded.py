"""Batches for the tests of the native module, decoded from canonical events.

In: keyword changes to one plain event. Out: message bytes and batches.
"""

import json
from typing import Any

import rust_core
from rust_core import Batch, Limits, Message, TenantRules

RECEIVED_AT_US = 1_795_176_000_000_000  # 2026-11-20T12:00:00Z
MINUTE_US = 60_000_000


def event(number: int, **changes: Any) -> dict[str, Any]:
    plain = {
        "id": f"id-{number}",
        "source": "gateway",
        "time_unix_us": RECEIVED_AT_US - 30 * MINUTE_US + number,
        "provider": "openai",
        "model": "gpt-4o",
        "usage": {"input_tokens": 100 + number, "output_tokens": 20},
        "latency_ms": 1500.5,
    }
    return {**plain, **changes}


def body(*events: dict[str, Any]) -> bytes:
    return b"\n".join(json.dumps(one).encode() for one in events)


def message(*events: dict[str, Any], tenant_id: int = 1) -> Message:
    rules = TenantRules(tenant_id, f"tenant-{tenant_id}", None, ["team"])
    return Message(rules, RECEIVED_AT_US, body(*events), format="ndjson")


def batch(*events: dict[str, Any], tenant_id: int = 1) -> Batch:
    return rust_core.decode([message(*events, tenant_id=tenant_id)], Limits())
