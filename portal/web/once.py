"""Values that hold once, sealed: what a browser, an EPJ or a target gives back to us later."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.store import one_time
from portal.web.parts import parts

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from portal.store.database import Session


def put(
    session: Session,
    kind: str,
    key: str,
    value: Any,
    *,
    client: str = "",
    until: datetime,
    keep: datetime | None = None,
) -> None:
    """Keep a value that `key` gives back once, in the caller's transaction; its tombstone stays until `keep`."""
    sealed = parts().vault.seal(value, kind)
    one_time.put(session, kind, key, client=client, payload=sealed, expires_at=until, keep_until=keep or until)


def remember(
    kind: str, key: str, value: Any, life: timedelta, *, client: str = "", keep: timedelta | None = None
) -> None:
    """As `put`, in a transaction of its own."""
    portal = parts()
    now = portal.now()
    with portal.database.write() as session:
        put(session, kind, key, value, client=client, until=now + life, keep=now + (keep or life))


def spend(kind: str, key: str, *, client: str = "") -> Any:
    """The value, spent before anything else happens; None when unknown, spent, too old or another client's."""
    with parts().database.write() as session:
        return spend_with(session, kind, key, client=client)


def spend_with(session: Session, kind: str, key: str, *, client: str = "") -> Any:
    """As `spend`, in a transaction whose other steps give nothing away if it fails."""
    portal = parts()
    sealed = one_time.spend(session, kind, key, client=client, now=portal.now())
    return portal.vault.open(sealed, kind) if sealed else None


def look(kind: str, key: str, *, client: str = "") -> Any:
    """The value, left as it is."""
    with parts().database.read() as session:
        return look_with(session, kind, key, client=client)


def look_with(session: Session, kind: str, key: str, *, client: str = "") -> Any:
    """As `look`, in the caller's transaction."""
    portal = parts()
    sealed = one_time.peek(session, kind, key, client=client, now=portal.now())
    return portal.vault.open(sealed, kind) if sealed else None


def spent(kind: str, key: str, *, client: str = "") -> Any:
    """A value that was spent before, so that what it gave can be revoked."""
    portal = parts()
    with portal.database.read() as session:
        sealed = one_time.tombstone(session, kind, key, client=client)
    return portal.vault.open(sealed, kind) if sealed else None
