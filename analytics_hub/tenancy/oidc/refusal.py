"""Why a token does not hold: the stable codes for the caller, the reason for our log alone.

A stranger learns nothing but `bad_token`. The other codes are told of tokens that the issuer has signed.
"""


class TokenRefused(Exception):  # noqa: N818  it ends in `authenticate.py`, as NotAuthenticated
    """`reason` is for the operator's log; it is in no answer."""

    def __init__(
        self, reason: str, code: str = "bad_token", message: str = "The token does not hold."
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code
        self.message = message
