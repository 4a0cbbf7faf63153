"""Puts the documentation right where the framework's own is not: problems have a media type of their own.

In: the app. Out: the app, whose `openapi()` says what really comes.
"""

from typing import Any, Final

from fastapi import FastAPI

from analytics_hub.api.errors import PROBLEM_TYPE

_JSON: Final = "application/json"


def correct_openapi(app: FastAPI) -> None:
    made = app.openapi

    def openapi() -> dict[str, Any]:
        # The framework keeps its document; to put it right twice changes nothing.
        document = made()
        for path in document["paths"].values():
            for operation in path.values():
                _correct(operation["responses"])
        return document

    app.openapi = openapi  # type: ignore[method-assign]


def _correct(responses: dict[str, Any]) -> None:
    """The shape of a problem, which the framework files under JSON, belongs to the type that problems have."""
    for response in responses.values():
        content = response.get("content", {})
        if PROBLEM_TYPE in content and _JSON in content:
            content[PROBLEM_TYPE] = content.pop(_JSON)
