"""How bodies leave: orjson, within a bound, never cached by anybody in between."""

from typing import Any

import orjson
from starlette.responses import Response

from analytics_hub.domain.errors import TooMuch


def json_answer(body: dict[str, Any], *, bytes_max: int) -> Response:
    """A JSON response. Raises TooMuch past the bound."""
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    if len(content) > bytes_max:
        raise TooMuch("answer_too_long", f"The answer has more than {bytes_max} bytes: ask for fewer points.")
    # `private`: answers belong to the key's tenant.
    return Response(content, media_type="application/json", headers={"Cache-Control": "private, no-cache"})
