"""Parameters of the OAuth endpoints: each at most once (RFC 6749 §3.1), only `resource` may repeat (RFC 8707 §2)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from werkzeug.datastructures import MultiDict

REPEATABLE = {"resource"}


def singles(parameters: MultiDict[str, str]) -> dict[str, str]:
    """Return the parameters that must not repeat; raises OAuthError("invalid_request") when one does."""
    for name, values in parameters.lists():
        if name not in REPEATABLE and len(values) > 1:
            raise OAuthError("invalid_request", "a parameter is repeated")
    return {name: value for name, value in parameters.items() if name not in REPEATABLE}


def required(form: dict[str, str], name: str) -> str:
    """Return a parameter that must have a value; raises OAuthError("invalid_request") when it has none."""
    value = form.get(name)
    if not value:
        raise OAuthError("invalid_request", f"{name} is missing")
    return value


def with_query(address: str, parameters: Mapping[str, str]) -> str:
    """Add parameters to a registered address, which may have some of its own (RFC 6749 §3.1.2)."""
    separator = "&" if urlsplit(address).query else "?"
    return f"{address}{separator}{urlencode(parameters)}" if parameters else address
