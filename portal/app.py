"""The composition root: the whole house, top to bottom."""

from __future__ import annotations

import os
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Flask

from portal.adapters import log_lines
from portal.adapters.address_register import AddressRegister
from portal.adapters.bounded import hurried
from portal.adapters.client_keys import ClientKeys
from portal.adapters.helseid import helseid_client
from portal.adapters.kept_stock import KeptStock
from portal.adapters.smart.client import smart_client
from portal.adapters.target_keys import TargetKeys
from portal.store import client_keys
from portal.store.database import Database
from portal.store.helseid_tokens import TokenShelf
from portal.store.vault import vault_of
from portal.web import (
    accessibility,
    arrival,
    auth,
    browser_check,
    catalogue_api,
    context_api,
    epj_api,
    epj_catalogue,
    errors,
    health,
    language,
    launch_failures,
    logout,
    mine,
    my_sessions,
    notices,
    offices,
    page,
    protection,
    public,
    services,
    sessions,
    smart_launch,
    start,
    tabs,
    writeback,
)
from portal.web.catalogue import Shelf
from portal.web.fhir import face, style
from portal.web.framework import page as framework
from portal.web.oauth import authorize, metadata, par, token
from portal.web.parts import EXTENSION, Parts
from portal.web.receipts import choosing, deeds
from portal.web.receipts import page as receipts
from portal.web.sandbox import page as sandbox
from portal.web.sandbox import watching
from portal.web.zone import by_socket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.adapters.openid import OpenIdClient
    from portal.domain.client_key import Ring
    from portal.settings import Settings
    from portal.store.vault import Vault

_AREAS = (
    public,
    catalogue_api,
    auth,
    logout,
    start,
    smart_launch,
    arrival,
    services,
    tabs,
    mine,
    offices,
    my_sessions,
    language,
    receipts,
    deeds,
    choosing,
    epj_api,
    epj_catalogue,
    context_api,
    launch_failures,
    writeback,
    notices,
    par,
    authorize,
    token,
    metadata,
    face,
    style,
    framework,
    accessibility,
    browser_check,
    sandbox,
    health,
)
_LARGEST_FORM = 16 * 1024


@dataclass(frozen=True)
class Edges:
    """Time, sleep, randomness and the socket; a test brings its own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    random: Callable[[int], bytes] = os.urandom
    message_id: Callable[[], str] = lambda: str(uuid4())
    wait: Callable[[float], None] = time.sleep
    zone_of: Callable[[Mapping[str, Any]], str] | None = None


def create_app(settings: Settings, edges: Edges | None = None) -> Flask:
    """The portal as a WSGI application; it needs neither database nor HelseID to start."""
    log_lines.configure()
    app = _assembled(settings, edges or Edges())
    app.extensions[public.EXTENSION].refresh()
    return app


def _assembled(settings: Settings, edges: Edges) -> Flask:
    app = Flask("portal.web", static_url_path="/static")
    app.config.update(MAX_CONTENT_LENGTH=_LARGEST_FORM, PREFERRED_URL_SCHEME=settings.base_url.partition(":")[0])
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the default provider has it
    portal = _parts(settings, edges)
    app.extensions[EXTENSION] = portal
    errors.init(app)
    protection.init(app)
    sessions.init(app)
    language.init(app)
    page.init(app)
    watching.init(app)
    app.extensions[public.EXTENSION] = public.PublicPages(portal.shelf, KeptStock(settings.state_dir))
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
    return app


def _parts(settings: Settings, edges: Edges) -> Parts:
    database, vault = Database(settings.database_url), vault_of(settings, edges.random)
    keys = ClientKeys(lambda: _ring(settings, database, vault), edges.now)
    helseid = helseid_client(settings, keys, edges.now, edges.token)
    return Parts(
        settings=settings,
        database=database,
        vault=vault,
        helseid=helseid,
        tokens=TokenShelf(database, vault, edges.now, edges.wait),
        shelf=Shelf(database, edges.now, settings.lifetimes.launch),
        addresses=_addresses(settings, helseid, TokenShelf(database, vault, edges.now, hurried(edges.wait))),
        smart=smart_client(settings, edges.now, edges.token),
        target_keys=TargetKeys(edges.now, settings.egress_allow),
        now=edges.now,
        token=edges.token,
        message_id=edges.message_id,
        zone_of=edges.zone_of or by_socket(settings.listen),
    )


def _ring(settings: Settings, database: Database, vault: Vault) -> Ring:
    with database.read() as session:
        return client_keys.ring(session, vault, settings.helseid_client_key)


def _addresses(settings: Settings, helseid: OpenIdClient, tokens: TokenShelf) -> AddressRegister | None:
    scope, audience = settings.address_register_scope, settings.address_register_audience
    access_token = tokens.ours(audience, lambda jkt: helseid.tokens.client_credentials(scope, audience, jkt=jkt))
    url = settings.address_register
    return AddressRegister(url, helseid.client, access_token, tokens.now) if url else None
