"""The portal as a client of HelseID."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from portal.adapters.http import Egress
from portal.adapters.openid import OpenIdClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.adapters.client_keys import ClientKeys
    from portal.settings import Settings


def helseid_client(
    settings: Settings,
    keys: ClientKeys,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    egress: Egress | None = None,
) -> OpenIdClient:
    """The client that signs with `keys`, and speaks to `allowed` servers unless it gets an egress of its own."""
    return OpenIdClient(
        issuer=settings.helseid_issuer,
        client_id=settings.helseid_client_id,
        keys=keys,
        redirect_uri=f"{settings.base_url}/login/callback",
        egress=egress or Egress(allowed(settings)),
        now=now,
        token=token,
        userinfo_scheme=settings.helseid_userinfo_scheme,
    )


def allowed(settings: Settings) -> set[str]:
    """Return the origins of HelseID and of NHN's APIs in the settings, and what those allow besides."""
    addresses = filter(None, (settings.helseid_issuer, settings.helseid_key_api, settings.address_register))
    return {*map(_origin, addresses), *settings.egress_allow}


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
