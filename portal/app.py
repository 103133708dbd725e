"""The composition root: the whole house, top to bottom."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from flask import Flask

from portal.adapters import log_lines
from portal.adapters.http import Egress
from portal.adapters.kept_stock import KeptStock
from portal.adapters.openid import OpenIdClient
from portal.domain.audit import AuditEvent
from portal.store import audit
from portal.store import catalogue as store
from portal.store.database import Database
from portal.store.vault import vault_of
from portal.web import (
    accessibility,
    auth,
    catalogue_api,
    epj_api,
    errors,
    health,
    language,
    mine,
    notices,
    page,
    protection,
    public,
    receipts,
    services,
    sessions,
    start,
    writeback,
)
from portal.web.catalogue import Shelf
from portal.web.oauth import endpoints, metadata
from portal.web.parts import EXTENSION, Parts
from portal.web.zone import by_socket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.domain.catalogue import Catalogue
    from portal.settings import Settings

_AREAS = (
    public,
    catalogue_api,
    auth,
    start,
    services,
    mine,
    language,
    receipts,
    epj_api,
    writeback,
    notices,
    endpoints,
    metadata,
    accessibility,
    health,
)
_LARGEST_FORM = 16 * 1024


@dataclass(frozen=True)
class Edges:
    """Time, randomness and the socket; a test brings its own."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    token: Callable[[], str] = lambda: secrets.token_urlsafe(32)
    random: Callable[[int], bytes] = os.urandom
    message_id: Callable[[], str] = lambda: str(uuid4())
    zone_of: Callable[[Mapping[str, Any]], str] | None = None


def create_app(settings: Settings, edges: Edges | None = None) -> Flask:
    """The portal as a WSGI application; it needs neither database nor HelseID to start."""
    log_lines.configure()
    app = _assembled(settings, edges or Edges())
    app.extensions[public.EXTENSION].refresh()
    return app


def publish(settings: Settings, catalogue: Catalogue, by: str, based_on: int | None) -> int:
    """Put a catalogue in force and return its revision; raises CatalogueRejected on a stale base."""
    database, now = Database(settings.database_url), datetime.now(UTC)
    try:
        with database.write() as session:
            revision = store.publish(session, catalogue, by=by, now=now, based_on=based_on)
            subject = f"revision {revision}"
            audit.record(session, AuditEvent(now, "catalogue_published", "ok", f"operator {by}", subject=subject))
    finally:
        database.close()
    return revision


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
    app.extensions[public.EXTENSION] = public.PublicPages(portal.shelf, KeptStock(settings.state_dir))
    for area in _AREAS:
        app.register_blueprint(area.blueprint)
    return app


def _parts(settings: Settings, edges: Edges) -> Parts:
    database = Database(settings.database_url)
    helseid = OpenIdClient(
        issuer=settings.helseid_issuer,
        client_id=settings.helseid_client_id,
        key=settings.helseid_client_key,
        redirect_uri=f"{settings.base_url}/login/callback",
        egress=Egress({_origin(settings.helseid_issuer), *settings.egress_allow}),
        now=edges.now,
        token=edges.token,
        userinfo_scheme=settings.helseid_userinfo_scheme,
    )
    return Parts(
        settings=settings,
        database=database,
        vault=vault_of(settings, edges.random),
        helseid=helseid,
        shelf=Shelf(database, edges.now, settings.lifetimes.launch),
        now=edges.now,
        token=edges.token,
        message_id=edges.message_id,
        zone_of=edges.zone_of or by_socket(settings.listen),
    )


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
