"""The answer to a body: the wire form of an `Acceptance`.

In: what became of the events. Out: a status and JSON. 200 when the database has them, 202 when the broker has: both
say that every accepted event will be counted once. All events refused is still one of the two: the body was read,
and each refusal is explained. Errors of whole requests are `analytics_hub/api/errors.py`.
"""

from http import HTTPStatus

import orjson
from starlette.responses import Response

from ingest.ports import Acceptance


def answer(acceptance: Acceptance, request_id: str, rejects_shown_max: int) -> Response:
    """`rejected` lists the first refusals by their index in the body; `rejected_total` counts them all."""
    body = {
        "received": acceptance.received,
        "accepted": acceptance.accepted,
        "rejected": [
            {"index": reject.ordinal, "code": reject.code, "field": reject.field, "message": reject.text}
            for reject in acceptance.rejects[:rejects_shown_max]
        ],
        "rejected_total": acceptance.rejected,
        "duplicates": acceptance.duplicates,
        "request_id": request_id,
    }
    status = HTTPStatus.OK if acceptance.stored else HTTPStatus.ACCEPTED
    return Response(orjson.dumps(body), status_code=status, media_type="application/json")
