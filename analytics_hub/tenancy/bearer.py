"""Whatever comes behind `Bearer`: a key of ours, which begins with `hub_`, or a token of an issuer, which cannot."""

from analytics_hub.tenancy.authenticate import Authenticates, Caller


class BearerAuthenticator:
    """Asks the one who can tell; an `Authenticates`."""

    def __init__(self, keys: Authenticates, tokens: Authenticates) -> None:
        self._keys = keys
        self._tokens = tokens

    async def caller(self, text: str) -> Caller:
        asked = self._keys if text.startswith("hub_") else self._tokens
        return await asked.caller(text)
