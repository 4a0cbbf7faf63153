"""People with a token of an OpenID Connect issuer. From the text of a token to the caller, in this order:

    token.py         its text: length, shape, header; nothing of it is believed yet
    issuer_keys.py   the issuer's key for it, kept for minutes: fetch.py asks, documents.py reads what comes
    claims.py        what the signed claims say: for whom, until when, who, which tenant, which role
    authenticate.py  all of it, and then the membership, which can be taken away while a token lasts

PyJWT checks the signature and nothing else: its own checks take the system's clock, and padded or doubled parts.
"""
