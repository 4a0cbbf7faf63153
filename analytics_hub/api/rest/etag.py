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
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.responses import Response

from analytics_hub.api.access import services_of
from analytics_hub.api.rest.formats import Format
from analytics_hub.api.rest.formats_text import moment_text
from analytics_hub.domain.tenant import TenantId

CACHING: Final[Mapping[str, str]] = {
    # `private`: answers belong to the key's tenant. `no-cache`: kept, but asked for each time.
    "Cache-Control": "private, no-cache",
    "Vary": "Accept, Authorization",
}
FRESH_UNTIL: Final = "Hub-Fresh-Until"
_TAG: Final = re.compile(r'(?:W/)?("[\x21\x23-\x7e\x80-\xff]*")')
_CHARS: Final = 32  # hexadecimal: 128 bits


@dataclass(frozen=True, slots=True)
class Version:
    """What an answer would be made of now, and what of it the caller holds already."""

    digest: str
    held: Response | None
    """304, when the caller need not be answered again."""


async def version_now(
    request: Request, tenant: TenantId, wanted: Format, question: Sequence[object]
) -> Version:
    """`question`: values whose `repr` tells the question from every other one, its range included."""
    fresh = await services_of(request).freshness.freshness(tenant)
    made_of = (request.app.version, int(tenant), wanted.value, request.url.path, fresh.version, *question)
    digest = hashlib.sha256(repr(made_of).encode("utf-8", "surrogatepass")).hexdigest()[:_CHARS]
    tag = next((tag for tag in tags_held(request) if tag.startswith(f'"{digest}-')), None)
    if tag is None:
        return Version(digest, None)
    return Version(digest, not_modified(tag, {FRESH_UNTIL: moment_text(fresh.taken_at)}))


def tag_of(version: str, content: bytes) -> str:
    digest = hashlib.sha256(content).hexdigest()[:_CHARS]
    return f'"{version}-{digest}"' if version else f'"{digest}"'


def tags_held(request: Request) -> list[str]:
    """What `If-None-Match` says that the caller has. Weak and strong are alike here, as the RFC has it."""
    held = ",".join(request.headers.getlist("if-none-match"))
    return ["*"] if held.strip() == "*" else _TAG.findall(held)


def not_modified(tag: str, headers: Mapping[str, str] | None = None) -> Response:
    return Response(status_code=304, headers={**(headers or {}), **CACHING, "ETag": tag})
