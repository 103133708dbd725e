"""What opens the journal of a SMART launch for documents: sealed, and kept no longer than its context lives."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from portal.domain.smart.access import Access
from portal.store.tables.launches import ContextRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

_PURPOSE = "smart access"
_LEASE = timedelta(seconds=20)
"""Longer than a conversation with an EPJ's token endpoint."""


def keep(session: Session, vault: Vault, context_id: str, access: Access, now: datetime) -> bool:
    """Keep it, in place of what was there, for a context that lives; False for one that is over."""
    kept = update(ContextRow).where(*_live(context_id, now)).values(sealed_smart=_sealed(vault, access, None))
    return session.scalar(kept.returning(ContextRow.id)) is not None


def of_context(session: Session, vault: Vault, context_id: str, now: datetime) -> Access | None:
    """What opens the journal of a context that lives, whether or not its token does."""
    sealed = session.scalar(select(ContextRow.sealed_smart).where(*_live(context_id, now)))
    return found[0] if sealed and (found := opened(vault, sealed)) else None


def claim_renewal(session: Session, vault: Vault, context_id: str, now: datetime) -> Access | None:
    """What to renew, for whoever comes first: None while another is at it, and when there is nothing to renew with.

    A refresh token may be good once (RFC 6749 §6), so that two at once would lose it.
    """
    row = session.scalar(select(ContextRow).where(*_live(context_id, now)).with_for_update())
    found = opened(vault, row.sealed_smart) if row and row.sealed_smart else None
    if row is None or found is None:
        return None
    access, leased_until = found
    if access.refresh_token is None or (leased_until is not None and now < leased_until):
        return None
    row.sealed_smart = _sealed(vault, access, now + _LEASE)
    return access


def forget(session: Session, context_id: str) -> None:
    """Let go of what opens nothing any more."""
    session.execute(update(ContextRow).where(ContextRow.id == context_id).values(sealed_smart=None))


def opened(vault: Vault, sealed: bytes) -> tuple[Access, datetime | None] | None:
    """What was kept, and until when somebody has it for renewal; None when its key was destroyed."""
    plain: dict[str, Any] | None = vault.open(sealed, _PURPOSE)
    if plain is None:
        return None
    expires_at, leased_until = datetime.fromisoformat(plain.pop("expires_at")), plain.pop("leased_until")
    return Access(**plain, expires_at=expires_at), leased_until and datetime.fromisoformat(leased_until)


def _sealed(vault: Vault, access: Access, leased_until: datetime | None) -> bytes:
    times = {"expires_at": access.expires_at.isoformat()}
    times |= {"leased_until": leased_until.isoformat()} if leased_until else {}
    return vault.seal(asdict(access) | {"leased_until": None} | times, _PURPOSE)


def _live(context_id: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (ContextRow.id == context_id, ContextRow.ended_at.is_(None), ContextRow.expires_at > now)
