"""Values that hold once: state, pending, launch, request_uri, code, and the `jti` of assertions and proofs.

Every function is to be committed before anything is done with its answer, alone or with what it is spent for: a value
that was spent stays spent.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, insert, select, update

from portal.store.database import Prepared
from portal.store.tables.base import plain
from portal.store.tables.launches import OneTimeRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

# Built once: building a statement costs more than running it.
_ROW = plain(OneTimeRow)
_NAMED = tuple(_ROW.c[name] == bindparam(f"its_{name}") for name in ("kind", "client", "key_hash"))
_WHOLE = (*_NAMED, _ROW.c.used_at.is_(None), _ROW.c.expires_at > bindparam("now"))
_PUT = insert(_ROW)
_SPEND = update(_ROW).where(*_WHOLE).values(used_at=bindparam("now")).returning(_ROW.c.sealed)
_PEEK = select(_ROW.c.sealed).where(*_WHOLE)
_PROLONG = update(_ROW).where(*_WHOLE).values(expires_at=bindparam("until"), keep_until=bindparam("until"))
_TOMBSTONE = select(_ROW.c.sealed).where(*_NAMED, _ROW.c.used_at.is_not(None))
_REMEMBER = Prepared(_ROW, lambda row: row.on_conflict_do_nothing().returning(_ROW.c.key_hash))


def put(
    session: Session,
    kind: str,
    key: str,
    *,
    client: str = "",
    payload: bytes | None,
    expires_at: datetime,
    keep_until: datetime,
) -> None:
    """Store a value that may be spent until `expires_at`; its tombstone stays until `keep_until`.

    `key` is a fresh random string (stored as its SHA-256), `payload` is ciphertext or nothing.
    """
    row = {"kind": kind, "client": client, "key_hash": _hash(key), "sealed": payload}
    session.execute(_PUT, row | {"expires_at": expires_at, "keep_until": keep_until})


def spend(session: Session, kind: str, key: str, *, client: str = "", now: datetime) -> bytes | None:
    """Use the value up and return its payload (`b""` when it has none).

    None when it is unknown, expired, spent, or another client's, which it then leaves whole (RFC 6749 §4.1.2).
    """
    return _payload(session.execute(_SPEND, {**_named(kind, key, client), "now": now}).first())


def peek(session: Session, kind: str, key: str, *, client: str = "", now: datetime) -> bytes | None:
    """Return the payload as `spend` would, and leave the value whole (a request_uri is loaded before the login)."""
    return _payload(session.execute(_PEEK, {**_named(kind, key, client), "now": now}).first())


def prolong(session: Session, kind: str, key: str, *, client: str = "", until: datetime, now: datetime) -> None:
    """Let a value that is still whole be spent until later; what is spent or too old stays so."""
    session.execute(_PROLONG, {**_named(kind, key, client), "now": now, "until": until})


def tombstone(session: Session, kind: str, key: str, *, client: str = "") -> bytes | None:
    """Return the payload of a value that has been spent, so that what it gave can be revoked (RFC 9700 §4.5)."""
    return _payload(session.execute(_TOMBSTONE, _named(kind, key, client)).first())


def remember(session: Session, kind: str, key: str, *, client: str, expires_at: datetime, now: datetime) -> bool:
    """Note a value that someone else made (a `jti`, RFC 9449 §11.1); False when it has been seen before."""
    row = {"kind": kind, "client": client, "key_hash": _hash(key), "used_at": now}
    lives = {"expires_at": expires_at, "keep_until": expires_at}
    return session.execute(_REMEMBER.of(session), row | lives).first() is not None


def _named(kind: str, key: str, client: str) -> dict[str, str]:
    return {"its_kind": kind, "its_client": client, "its_key_hash": _hash(key)}


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _payload(row: tuple[bytes | None] | None) -> bytes | None:
    return None if row is None else row[0] or b""
