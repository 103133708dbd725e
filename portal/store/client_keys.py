"""Our own keys at HelseID as rows: the private half is sealed, and leaves here only to do what its state allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from portal.domain.client_key import ClientKey, PrivateJwk, Ring, State, public_half, ring_of
from portal.errors import RequestRejected, Unavailable
from portal.store.tables.sign_on import ClientKeyRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

_PURPOSE = "client key"


def add(session: Session, vault: Vault, key: PrivateJwk, by: str, now: datetime) -> None:
    """Keep a new private JWK, pending; raises RequestRejected when its `kid` is taken."""
    if session.get(ClientKeyRow, key["kid"]) is not None:
        raise RequestRejected("invalid_body", "kid: taken")
    row = ClientKeyRow(kid=key["kid"], public=public_half(key), sealed=vault.seal(dict(key), _PURPOSE))
    row.state, row.made_by, row.made_at, row.changed_at = State.PENDING, by, now, now
    session.add(row)


def listed(session: Session) -> list[ClientKey]:
    """Every key in every state, the oldest first."""
    return [_told(row) for row in session.scalars(select(ClientKeyRow).order_by(ClientKeyRow.made_at))]


def find(session: Session, kid: str) -> ClientKey:
    """The key of this name; raises RequestRejected when there is none."""
    return _told(_row(session, kid, lock=False))


def registered(session: Session, kid: str, now: datetime, expires_at: datetime | None) -> None:
    """HelseID has the pending key; raises RequestRejected in another state."""
    row = _row(session, kid)
    _become(row, State.REGISTERED, now)
    row.expires_at = expires_at


def to_probe(session: Session, vault: Vault, kid: str) -> PrivateJwk:
    """The private JWK of a registered key, for the first that it signs; raises RequestRejected in another state."""
    row = _row(session, kid)
    if row.state != State.REGISTERED:
        raise RequestRejected("invalid_body", f"{kid}: {row.state}, not registered")
    key: PrivateJwk | None = vault.open(row.sealed, _PURPOSE) if row.sealed else None
    if key is None:
        raise Unavailable("unavailable", f"{kid}: cannot be opened")
    return key


def probed(session: Session, kid: str, now: datetime) -> None:
    """HelseID has accepted what the registered key signed; raises RequestRejected in another state."""
    _become(_row(session, kid), State.PROBED, now)


def activate(session: Session, kid: str, now: datetime) -> str | None:
    """Let the probed key sign, and no other; the `kid` of the one that is retired by this, if any.

    Raises RequestRejected in another state.
    """
    # All are locked, in one order: of two that activate at once, the later retires the earlier one's key.
    rows = session.scalars(select(ClientKeyRow).order_by(ClientKeyRow.kid).with_for_update())
    former = [row for row in rows if row.state == State.ACTIVE]
    _become(_row(session, kid), State.ACTIVE, now)
    for row in former:
        _become(row, State.RETIRED, now)
    return former[0].kid if former else None


def retire(session: Session, kid: str, now: datetime) -> None:
    """Take a key that never signed out of the way, its private half at once; raises RequestRejected in other states."""
    row = _row(session, kid)
    if row.state == State.ACTIVE:
        raise RequestRejected("invalid_body", f"{kid}: active; activate another instead")
    _become(row, State.RETIRED, now)
    row.sealed = None


def ring(session: Session, vault: Vault, first: PrivateJwk) -> Ring:
    """The key that signs and those that make proofs; `first` is the one of the settings.

    Raises Unavailable when what the active one is sealed with was destroyed: no other may sign in its stead.
    """
    usable = ClientKeyRow.state.in_((State.ACTIVE, State.RETIRED))
    rows = session.execute(select(ClientKeyRow.state, ClientKeyRow.sealed).where(usable))
    opened = [(State(state), vault.open(sealed, _PURPOSE)) for state, sealed in rows if sealed]
    if (State.ACTIVE, None) in opened:
        raise Unavailable("unavailable", "the active client key cannot be opened")
    return ring_of(first, [(state, key) for state, key in opened if key])


def _row(session: Session, kid: str, *, lock: bool = True) -> ClientKeyRow:
    row = session.get(ClientKeyRow, kid, with_for_update=lock)
    if row is None:
        raise RequestRejected("invalid_body", f"{kid}: there is no such key")
    return row


def _become(row: ClientKeyRow, state: State, now: datetime) -> None:
    if not State(row.state).may_become(state):
        raise RequestRejected("invalid_body", f"{row.kid}: {row.state}, cannot become {state}")
    row.state, row.changed_at = state, now


def _told(row: ClientKeyRow) -> ClientKey:
    return ClientKey(row.kid, row.public, State(row.state), row.made_by, row.changed_at, row.expires_at)
