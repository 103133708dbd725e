"""The issuers that are measured: the portal in each profile, oidc-provider in Node, and authlib and Flask alone."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

import requests
from bench import crowd, load, servers
from bench.flow import CLIENT, REDIRECT_URI, Clinician, Flow, Issuer, Wire
from support.catalogue import demo_catalogue
from support.keys import ec, rsa
from support.source import ROOT

from portal.demo import environment, keys, ports
from portal.demo.ports import free_port
from portal.settings import Settings
from portal.store.migrate import upgrade
from portal.store.publishing import publish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.crowd import Profile
    from bench.servers import Server

_SCOPES = {"strict": "launch", "classic": "openid launch"}
_BY_HAND = "openid launch"


class Subject(NamedTuple):
    """A server with those who are logged in there."""

    server: Server
    issuer: Issuer
    clinicians: list[Clinician]


class Stage(NamedTuple):
    """A portal that is ready to be started."""

    environ: dict[str, str]
    settings: Settings
    issuer: Issuer
    clinicians: list[Clinician]


def staged(folder: Path, profile: Profile, contexts: int) -> Stage:
    """A database with so many live contexts, on SQLite."""
    folder.mkdir()
    at = ports.ephemeral()
    # Not the demo, which also writes down for vendors what their EPJs do.
    environ = environment.make(folder, at, keys.fresh(), {}) | {"PORTAL_ENVIRONMENT": "test"}
    settings = Settings.from_env(environ)
    upgrade(settings.database_url)
    publish(settings, demo_catalogue(9), by="bench", based_on=None)
    clinicians = crowd.fill(settings, profile, contexts)
    return Stage(environ, settings, Issuer(at.portal, _SCOPES[profile], bound=profile == "strict"), clinicians)


@contextmanager
def portal(folder: Path, profile: Profile, contexts: int) -> Iterator[Subject]:
    """The real application: durable, sealed and audited."""
    stage = staged(folder, profile, contexts)
    port = int(stage.issuer.origin.rpartition(":")[2])
    with servers.gunicorn("wsgi:app", stage.environ, port, "/health/ready") as server:
        yield Subject(server, stage.issuer, stage.clinicians)


@contextmanager
def oidc_provider() -> Iterator[Subject]:
    """The certified provider, with everything in memory."""
    issuer = Issuer(f"http://127.0.0.1:{free_port()}", _BY_HAND)
    client = {
        "client_id": CLIENT,
        "jwks": {"keys": [ec(CLIENT).public]},
        "redirect_uris": [REDIRECT_URI],
        "response_types": ["code"],
        "grant_types": ["authorization_code"],
        "scope": issuer.scope,
        "token_endpoint_auth_method": "private_key_jwt",
        "token_endpoint_auth_signing_alg": "ES256",
        "id_token_signed_response_alg": "RS256",
    }
    told = {"issuer": issuer.origin, "client": client, "secret": secrets.token_hex(32)}
    told["jwks"] = {"keys": [rsa("bench").private]}
    environ = {"OIDC_PROVIDER": json.dumps(told)}
    with servers.node(ROOT / "tests/bench/oidc-provider.mjs", environ, issuer.origin) as server:
        yield Subject(server, issuer, [_logged_in(issuer) for _ in range(crowd.CLINICIANS)])


@contextmanager
def bare() -> Iterator[Subject]:
    """Authlib and Flask with everything in memory."""
    port = free_port()
    issuer = Issuer(f"http://127.0.0.1:{port}", _BY_HAND)
    told = {
        "issuer": issuer.origin,
        "client_id": CLIENT,
        "redirect_uri": REDIRECT_URI,
        "keys": [ec(CLIENT).public],
        "key": rsa("bench").private,
    }
    environ = {"BARE_LAUNCH": json.dumps(told), "AUTHLIB_INSECURE_TRANSPORT": "1"}
    with servers.gunicorn("bare_launch:app", environ, port) as server:
        visitors = [load.visitor() for _ in range(crowd.CLINICIANS)]
        for visitor in visitors:
            visitor.get(f"{issuer.origin}/login", timeout=10).raise_for_status()
        yield Subject(server, issuer, [Clinician(_cookies(visitor), "/launch") for visitor in visitors])


def _logged_in(issuer: Issuer) -> Clinician:
    """Somebody whom oidc-provider logs in on the way, before there is any launch."""
    line, visitor = Wire(issuer.origin), load.visitor()
    request_uri = Flow(issuer, Clinician("", "/launch"), line).push("", secrets.token_urlsafe(32))
    line.close()
    url = f"{issuer.origin}/oauth/authorize?{urlencode({'client_id': CLIENT, 'request_uri': request_uri})}"
    while url.startswith(issuer.origin):
        answer = visitor.get(url, allow_redirects=False, timeout=10)
        url = requests.compat.urljoin(url, answer.headers["Location"])
    return Clinician(_cookies(visitor), "/launch")


def _cookies(visitor: requests.Session) -> str:
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in visitor.cookies if cookie.path == "/")
