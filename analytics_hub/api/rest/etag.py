"""Tags that name answers (`ETag`, RFC 9110), so that an unchanged one is not sent, and mostly not even made, again.

In: a request, what it asks, the version of the tenant's data. Out: strong tags `"<version>-<hash of the bytes>"`.

One tag names one sequence of bytes, because of the hash. The version is a digest of everything that an answer is made
of: a caller who holds a tag with today's version is told `304` before the question is run. It must be read before the
answer's snapshot is taken: a flush in between gives a newer answer under an older version, which is asked for once too
often and never once too seldom.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from typing import Final

from fastapi import Request
from starlette.responses import Response

CACHING: Final[Mapping[str, str]] = {
    # `private`: answers belong to the key's tenant. `no-cache`: kept, but asked for each time.
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Authorization",
}
_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_CHARS: Final = 32  # hexadecimal: 128 bits


def version_of(parts: Sequence[object]) -> str:
    """A digest of values whose `repr` tells them apart."""
    return hashlib.sha256(repr(tuple(parts)).encode("utf-8", "surrogatepass")).hexdigest()[:_CHARS]


def tag_of(version: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:_CHARS]
    return f'"{version}-{digest}"' if version else f'"{digest}"'


def tags_held(request: Request) -> list[str]:
    """What `If-None-Match` says that the caller has. Weak and strong are alike here, as the RFC has it."""
    held = ",".join(request.headers.getlist("if-none-match"))
    return ["*"] if held.strip() == "*" else _TAG.findall(held)


def held_of_version(request: Request, version: str) -> str | None:
    """The caller's tag of this version, if there is one."""
    return next((tag for tag in tags_held(request) if tag.startswith(f'"{version}-')), None)


def not_modified(tag: str) -> Response:
    return Response(status_code=304, headers={**CACHING, "ETag": tag})
