"""What a SMART server says of itself at /.well-known/smart-configuration (SMART App Launch 2.2, Conformance)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.domain.registration import SmartServer

_OFFERS = {
    "capabilities": ("launch-ehr", "sso-openid-connect"),
    "code_challenge_methods_supported": ("S256",),
    "grant_types_supported": ("authorization_code",),
}
_ADDRESSES = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
_PATH = re.compile(r"(?=.{0,300}\Z)(/[A-Za-z0-9._~%:=,;+-]+)*/?")
_MOST_KEYS = 50
_SOURCE = "SMART App Launch 2.2, Conformance"


class Configuration(NamedTuple):
    """A document that holds; `issuer` is who signs id tokens there, the rest are addresses that we may use.

    With `names_itself` no answer comes without its `iss` (RFC 9207 §3).
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    names_itself: bool = False


def read(document: Any, server: SmartServer) -> Configuration:
    """Return the addresses in a smart-configuration, each at the issuer's own origin or at a registered one.

    Raises SmartRejected smart_discovery_invalid naming the field.
    """
    _demand(isinstance(document, dict), "smart-configuration: must be one JSON object")
    for name, words in _OFFERS.items():
        _demand_offer(document, name, words)
    if "token_endpoint_auth_methods_supported" in document:
        _demand_offer(document, "token_endpoint_auth_methods_supported", (server.authentication,))
    names_itself = document.get("authorization_response_iss_parameter_supported") is True
    addresses = {name: _address(document, name, server) for name in _ADDRESSES}
    return Configuration(**addresses, names_itself=names_itself)


def keys(document: Any) -> list[dict[str, Any]]:
    """Return the public JWKs for signatures in what `jwks_uri` answers (RFC 7517 §5); raises as `read`."""
    listed = document.get("keys") if isinstance(document, dict) else None
    whole = isinstance(listed, list) and 0 < len(listed) <= _MOST_KEYS and all(isinstance(key, dict) for key in listed)
    if not isinstance(listed, list) or not whole:
        raise SmartRejected("smart_discovery_invalid", "jwks_uri: must answer 1 to 50 JWKs in keys (RFC 7517 §5)")
    return [key for key in listed if key.get("use", "sig") == "sig"]


def _demand_offer(document: dict[str, Any], name: str, words: Sequence[str]) -> None:
    offered = document.get(name)
    _demand(isinstance(offered, list), f"smart-configuration, {name}: must be given as a list")
    for word in words:
        _demand(word in (offered or ()), f"smart-configuration, {name}: must hold {word}")


def _address(document: dict[str, Any], name: str, server: SmartServer) -> str:
    address = document.get(name)
    if not isinstance(address, str):
        raise SmartRejected("smart_discovery_invalid", f"smart-configuration, {name}: is missing ({_SOURCE})")
    where = "must be a plain path at the origin of the issuer or at one that is registered for this EPJ"
    _demand(any(_is_on(origin, address) for origin in (server.issuer, *server.origins)), f"{name}: {where}")
    return address


def _is_on(registered: str, address: str) -> bool:
    """Whether it is a plain path on the same origin: parsers that forgive do not agree on anything else."""
    scheme, host, *_ = urlsplit(registered)
    origin = f"{scheme}://{host}"
    return address.startswith(origin) and bool(_PATH.fullmatch(address, len(origin)))


def _demand(holds: bool, rule: str) -> None:  # noqa: FBT001  reads as a sentence: _demand(that, "rule")
    if not holds:
        raise SmartRejected("smart_discovery_invalid", f"{rule} ({_SOURCE})")
