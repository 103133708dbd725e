"""Tells a session's clients that it has ended (OpenID Connect Back-Channel and Front-Channel Logout 1.0)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.adapters.http import Egress
from portal.demo.helseid.forms import with_query
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client
    from portal.demo.helseid.memory import Session
    from portal.demo.helseid.provider import Provider

LIFE = timedelta(seconds=120)
PATIENCE = 1.0  # seconds, twice: a person waits for the slowest client
EVENT = "http://schemas.openid.net/event/backchannel-logout"


def tell(provider: Provider, session: Session) -> None:
    """Post a logout token to every client that takes one, all at once; what they answer changes nothing."""
    registered = _registered(provider, session, "backchannel")
    with ThreadPoolExecutor(len(registered) or 1) as pool:
        for client, uri in registered:
            pool.submit(_post, uri, _token(provider, session, client))


def frames(provider: Provider, session: Session) -> list[str]:
    """Return what the browser must open, a frame each, for the clients that want to hear it from the browser."""
    said = {"iss": provider.issuer, "sid": session.sid}
    return [with_query(uri, said) for _, uri in _registered(provider, session, "frontchannel")]


def end_all(provider: Provider, sub: str) -> None:
    """End every session of a person, as an administrator does, and tell the clients."""
    for session in provider.memory.sessions.take_all(lambda session: session.sub == sub):
        tell(provider, session)


def _registered(provider: Provider, session: Session, channel: str) -> list[tuple[Client, str]]:
    took_part = [client for client in provider.config.clients if client.client_id in session.clients]
    addresses = [(client, getattr(client, f"{channel}_logout_uri")) for client in took_part]
    return [(client, uri) for client, uri in addresses if uri]


def _post(uri: str, token: str) -> None:
    egress = Egress({uri}, connect_timeout=PATIENCE, total_timeout=PATIENCE)
    with suppress(UpstreamError):
        egress.send("POST", uri, data={"logout_token": token})


def _token(provider: Provider, session: Session, client: Client) -> str:
    now = int(provider.now().timestamp())
    said: dict[str, Any] = {"iss": provider.issuer, "aud": client.client_id, "sub": session.sub, "sid": session.sid}
    said |= {"iat": now, "exp": now + int(LIFE.total_seconds()), "jti": provider.token(), "events": {EVENT: {}}}
    return provider.key.sign(said, "logout+jwt")
