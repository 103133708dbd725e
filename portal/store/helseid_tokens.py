"""HelseID's tokens, sealed, one for each audience, renewed by one process while the others wait and read again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import or_, select, update

from portal.errors import Unavailable
from portal.store.database import insert
from portal.store.tables.sign_on import HelseIdTokenRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from portal.store.database import Database
    from portal.store.logins import Login
    from portal.store.vault import Vault

OURSELVES = "portal"
"""The owner of tokens that stand for no person."""
_PURPOSE = "helseid token"
_RENEWAL = ""
"""The audience of the row that holds what the next token is fetched with, and the lease of whoever fetches it."""
_EARLY = timedelta(seconds=30)
_LEASE = timedelta(seconds=15)  # longer than a conversation with HelseID
_PAUSE = 0.1
_OURS_KEPT = timedelta(days=1)


class Fetched(NamedTuple):
    """What HelseID answered: a token, its life in seconds, and what the next one is fetched with, if that changed."""

    access_token: str
    expires_in: int
    renewal: dict[str, Any] | None = None


@dataclass(frozen=True)
class TokenShelf:
    """Where tokens are kept; `wait` sleeps for so many seconds."""

    database: Database
    vault: Vault
    now: Callable[[], datetime]
    wait: Callable[[float], None]

    def token(self, owner: str, audience: str, keep_until: datetime, fetch: Callable[[Any], Fetched]) -> str:
        """Return a token that lives for 30 s at least, fetched by one caller at a time while no transaction is open.

        `fetch` gets the owner's renewal (None for ourselves). Raises what it raises, and Unavailable when somebody
        else was at it for longer than a lease.
        """
        give_up = self.now() + 2 * _LEASE
        while self.now() < give_up:
            if found := self._find(owner, audience):
                return found
            if (fence := self._lease(owner, keep_until)) is not None:
                return self._fetched(owner, audience, fence, fetch)
            self.wait(_PAUSE)
        raise Unavailable("helseid_down", "a lease that nobody settles")

    def ours(self, audience: str, fetch: Callable[[str], Mapping[str, Any]]) -> Callable[[str], str]:
        """Return what gives a token that stands for no person, bound to the key with the thumbprint that it is told.

        `fetch` gets that thumbprint and returns HelseID's answer (RFC 6749 §5.1).
        """

        def fetched(jkt: str) -> Fetched:
            given = fetch(jkt)
            return Fetched(given["access_token"], given["expires_in"])

        # By key: when another has been activated, its first token is fetched.
        return lambda jkt: self.token(OURSELVES, f"{audience} {jkt}", self.now() + _OURS_KEPT, lambda _: fetched(jkt))

    def _find(self, owner: str, audience: str) -> str | None:
        with self.database.read() as session:
            row = session.get(HelseIdTokenRow, (owner, audience))
        if row is None or row.sealed is None or row.expires_at is None or row.expires_at <= self.now() + _EARLY:
            return None
        found: str | None = self.vault.open(row.sealed, _PURPOSE)
        return found

    def _lease(self, owner: str, keep_until: datetime) -> int | None:
        now = self.now()
        with self.database.write() as session:
            new = insert(session, HelseIdTokenRow).values(owner=owner, audience=_RENEWAL, keep_until=keep_until)
            session.execute(new.on_conflict_do_nothing())
            free = or_(HelseIdTokenRow.leased_until.is_(None), HelseIdTokenRow.leased_until <= now)
            taken = update(HelseIdTokenRow).where(*_named(owner, _RENEWAL), free)
            taken = taken.values(leased_until=now + _LEASE, fence=HelseIdTokenRow.fence + 1)
            return session.scalar(taken.returning(HelseIdTokenRow.fence))

    def _fetched(self, owner: str, audience: str, fence: int, fetch: Callable[[Any], Fetched]) -> str:
        # Somebody may have settled between our look and our lease.
        if found := self._find(owner, audience):
            self._settle(owner, audience, fence, None)
            return found
        with self.database.read() as session:
            sealed = session.scalar(select(HelseIdTokenRow.sealed).where(*_named(owner, _RENEWAL)))
        fetched = None
        try:
            fetched = fetch(self.vault.open(sealed, _PURPOSE) if sealed else None)
        finally:
            self._settle(owner, audience, fence, fetched)
        return fetched.access_token

    def _settle(self, owner: str, audience: str, fence: int, fetched: Fetched | None) -> None:
        """Give the lease back and keep what was fetched, unless the lease was lost meanwhile."""
        renewed = {"sealed": self.vault.seal(fetched.renewal, _PURPOSE)} if fetched and fetched.renewal else {}
        mine = update(HelseIdTokenRow).where(*_named(owner, _RENEWAL), HelseIdTokenRow.fence == fence)
        with self.database.write() as session:
            keep_until = session.scalar(mine.values(leased_until=None, **renewed).returning(HelseIdTokenRow.keep_until))
            if fetched and keep_until:
                kept = {
                    "sealed": self.vault.seal(fetched.access_token, _PURPOSE),
                    "expires_at": self.now() + timedelta(seconds=fetched.expires_in),
                }
                row = insert(session, HelseIdTokenRow).values(
                    owner=owner, audience=audience, keep_until=keep_until, **kept
                )
                session.execute(row.on_conflict_do_update(index_elements=["owner", "audience"], set_=kept))


def begin(session: Session, vault: Vault, login: Login, tokens: Mapping[str, Any], jkt: str) -> None:
    """Keep what a login's next tokens are fetched with, `jkt` being the key that they are bound to.

    Nothing is kept where HelseID gave no refresh token.
    """
    if "refresh_token" in tokens:
        sealed = vault.seal({"refresh_token": tokens["refresh_token"], "jkt": jkt}, _PURPOSE)
        row = HelseIdTokenRow(owner=login.key_hash, audience=_RENEWAL, sealed=sealed, keep_until=login.expires_at)
        session.add(row)


def renewal(session: Session, vault: Vault, owner: str) -> dict[str, str] | None:
    """What an owner's next token would be fetched with, so that it can be given back; None where there is none."""
    sealed = session.scalar(select(HelseIdTokenRow.sealed).where(*_named(owner, _RENEWAL)))
    found: dict[str, str] | None = vault.open(sealed, _PURPOSE) if sealed else None
    return found


def _named(owner: str, audience: str) -> tuple[Any, ...]:
    return (HelseIdTokenRow.owner == owner, HelseIdTokenRow.audience == audience)
