"""How bodies leave: orjson, within a bound, never cached by anybody in between. And which parameters come in."""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import Request
from starlette.responses import Response

from analytics_hub.domain.errors import InvalidInput, TooMuch


def json_answer(body: dict[str, Any], *, bytes_max: int) -> Response:
    """A JSON response. Raises TooMuch past the bound."""
    content = orjson.dumps(body, option=orjson.OPT_UTC_Z)
    if len(content) > bytes_max:
        raise TooMuch("answer_too_long", f"The answer has more than {bytes_max} bytes: ask for less.")
    # `private`: answers belong to the key's tenant.
    return Response(content, media_type="application/json", headers={"Cache-Control": "private, no-cache"})


def check_parameters(request: Request, *, single: Sequence[str], lists: Sequence[str] = ()) -> None:
    """Refuses parameters that nobody reads: a misspelt filter must not answer a different question."""
    for name in request.query_params:
        if name not in single and name not in lists:
            known = ", ".join((*single, *lists))
            raise InvalidInput("unknown_parameter", name, f"There is no such parameter; there are {known}.")
        if name in single and len(request.query_params.getlist(name)) > 1:
            raise InvalidInput("given_twice", name, "This parameter is given once.")
