"""Where the open internet ends: what others register with us leads to no machine of ours, nor of our neighbours."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Network, ip_address

_NAME = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+([a-z][a-z0-9-]{0,61}[a-z0-9])")
_URL = re.compile(r"https://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)(:[0-9]{1,5})?([/?][!-~]*)?")
_SPECIAL = frozenset({"local", "localhost", "internal", "intranet", "private", "corp", "home", "lan", "arpa", "onion"})
"""Last labels that stand for a network of one's own (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN SAC113)."""
_GLOBAL = IPv6Network("2000::/3")
_NOT_GLOBAL = (IPv6Network("2002::/16"), IPv6Network("3fff::/20"))  # IPv4 in IPv6 (RFC 3056), documentation (RFC 9637)


def is_public(address: str) -> bool:
    """Whether an IP address is one machine on the open internet, and hides no other address in itself.

    Raises ValueError for what is no IP address. Python's `is_global` alone also holds for multicast, and for IPv6 that
    a gateway turns into any IPv4 there is (RFC 6052).
    """
    number = ip_address(address)
    if isinstance(number, IPv4Address):
        return number.is_global and not number.is_multicast
    return number.is_global and number in _GLOBAL and not any(number in network for network in _NOT_GLOBAL)


def public_url(url: str) -> str:
    """Return an https address whose host may stand on the open internet; what a name leads to, only DNS knows.

    Raises ValueError. A host that some would read as a number (`0x7f000001`, `127.1`) is neither name nor number.
    """
    found = _URL.fullmatch(url)
    host = found.group(1).strip("[]").lower() if found else ""
    if not (_is_public_name(host) or _is_public_number(host)):
        message = "must be https, at a host on the open internet"
        raise ValueError(message)
    return url


def _is_public_name(host: str) -> bool:
    return _NAME.fullmatch(host) is not None and host.rpartition(".")[2] not in _SPECIAL


def _is_public_number(host: str) -> bool:
    try:
        return is_public(host)
    except ValueError:
        return False
