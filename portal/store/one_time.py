"""Values that hold once: state, pending, launch, request_uri, code, and the `jti` of assertions and proofs.

Every function is to be committed before anything is done with its answer, alone or with what it is spent for: a value
that was spent stays spent.
"""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from portal.store.database import insert
from portal.store.tables.launches import OneTimeRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session


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
    row = OneTimeRow(kind=kind, client=client, key_hash=_hash(key), sealed=payload)
    row.expires_at, row.keep_until = expires_at, keep_until
    session.add(row)


def spend(session: Session, kind: str, key: str, *, client: str = "", now: datetime) -> bytes | None:
    """Use the value up and return its payload (`b""` when it has none).

    None when it is unknown, expired, spent, or another client's, which it then leaves whole (RFC 6749 §4.1.2).
    """
    statement = (
        update(OneTimeRow)
        .where(*_named(kind, key, client), OneTimeRow.used_at.is_(None), OneTimeRow.expires_at > now)
        .values(used_at=now)
        .returning(OneTimeRow.sealed)
    )
    return _payload(session.execute(statement, execution_options={"synchronize_session": False}).first())


def peek(session: Session, kind: str, key: str, *, client: str = "", now: datetime) -> bytes | None:
    """Return the payload as `spend` would, and leave the value whole (a request_uri is loaded before the login)."""
    return _payload(
        session.execute(
            select(OneTimeRow.sealed).where(
                *_named(kind, key, client), OneTimeRow.used_at.is_(None), OneTimeRow.expires_at > now
            )
        ).first()
    )


def prolong(session: Session, kind: str, key: str, *, client: str = "", until: datetime, now: datetime) -> None:
    """Let a value that is still whole be spent until later; what is spent or too old stays so."""
    alive = (*_named(kind, key, client), OneTimeRow.used_at.is_(None), OneTimeRow.expires_at > now)
    session.execute(update(OneTimeRow).where(*alive).values(expires_at=until, keep_until=until))


def tombstone(session: Session, kind: str, key: str, *, client: str = "") -> bytes | None:
    """Return the payload of a value that has been spent, so that what it gave can be revoked (RFC 9700 §4.5)."""
    return _payload(
        session.execute(
            select(OneTimeRow.sealed).where(*_named(kind, key, client), OneTimeRow.used_at.is_not(None))
        ).first()
    )


def remember(session: Session, kind: str, key: str, *, client: str, expires_at: datetime, now: datetime) -> bool:
    """Note a value that someone else made (a `jti`, RFC 9449 §11.1); False when it has been seen before."""
    statement = (
        insert(session, OneTimeRow)
        .values(
            kind=kind,
            client=client,
            key_hash=_hash(key),
            used_at=now,
            expires_at=expires_at,
            keep_until=expires_at,
        )
        .on_conflict_do_nothing()
        .returning(OneTimeRow.key_hash)
    )
    return session.execute(statement).first() is not None


def _named(kind: str, key: str, client: str) -> tuple[ColumnElement[bool], ...]:
    return (OneTimeRow.kind == kind, OneTimeRow.client == client, OneTimeRow.key_hash == _hash(key))


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()


def _payload(row: tuple[bytes | None] | None) -> bytes | None:
    return None if row is None else row[0] or b""
