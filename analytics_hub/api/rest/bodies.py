"""How the bodies of requests come in that bring no events: JSON, within a bound, within a deadline, of one known shape.

In: a request and the shape. Out: the shape, filled in. Bodies of events are read by `ingest/http`.
"""

import asyncio
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from analytics_hub.domain.errors import InvalidInput, TooLarge, TooSlow

_B = TypeVar("_B", bound=BaseModel)


async def read_body(request: Request, shape: type[_B]) -> _B:
    """Raises TooLarge, TooSlow, or InvalidInput that names the member at fault."""
    state = request.app.state
    content = await _read(request, state.request_bytes_max, state.request_wait_s)
    try:
        return shape.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidInput("bad_body", field, f"{first['msg']}.") from error


async def _read(request: Request, bytes_max: int, wait_s: float) -> bytes:
    content = bytearray()
    try:
        async with asyncio.timeout(wait_s):
            async for chunk in request.stream():
                content += chunk
                if len(content) > bytes_max:
                    raise TooLarge("body_too_large", f"A body of this request has at most {bytes_max} bytes.")
    except TimeoutError as error:
        raise TooSlow("body_too_slow", f"The body did not arrive within {wait_s:g} s.") from error
    return bytes(content)
