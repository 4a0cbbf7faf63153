"""Addresses that may be asked for what is trusted afterwards: https, or http to this machine alone.

In: a URL as text. Out: whether what comes from there is what its host sent.
"""

import ipaddress
from urllib.parse import urlsplit


def is_trustworthy(url: str) -> bool:
    """Whether nobody on the way can change what this address answers. No user, no fragment."""
    try:
        parts = urlsplit(url)
        port = parts.port  # reading it checks it
    except ValueError:
        return False
    if not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        return False
    if not parts.hostname or "@" in parts.netloc or "#" in url or port == 0:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
