"""Sessions are rows: a signed-in browser, its person and the office that the person works for now."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from portal.domain.identity import Authorisation, Organisation, Person
from portal.store import people
from portal.store.tables.sign_on import LoginRow

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

_PURPOSE = "login"


@dataclass(frozen=True)
class Login:
    """One signed-in browser; `id_token` is kept for the logout at HelseID alone, `language` is the person's choice."""

    key_hash: str
    person: Person
    organisation: Organisation | None
    sid: str
    id_token: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    language: str | None = None

    @property
    def office(self) -> str:
        """The office as a key for what belongs to a person there; empty while it is unknown."""
        return self.organisation.label if self.organisation else ""


def hashed(secret: str) -> str:
    """How a secret of ours is stored."""
    return sha256(secret.encode()).hexdigest()


def begin(session: Session, vault: Vault, login: Login) -> None:
    """Remember a new login."""
    sealed = vault.seal({"person": _plain(login.person), "id_token": login.id_token}, _PURPOSE)
    session.add(
        LoginRow(
            key_hash=login.key_hash,
            sub=login.person.sub,
            sid=login.sid,
            sealed=sealed,
            created_at=login.created_at,
            seen_at=login.seen_at,
            expires_at=login.expires_at,
        )
    )


def find(session: Session, vault: Vault, secret: str, now: datetime, idle: timedelta) -> Login | None:
    """The login that a cookie's secret stands for, unless it has ended, expired or been idle too long."""
    row = session.get(LoginRow, hashed(secret))
    if row is None or row.ended_at or row.expires_at <= now or row.seen_at + idle <= now:
        return None
    return _login(row, vault, people.language(session, row.sub))


def touch(session: Session, key_hash: str, now: datetime) -> None:
    """Count this as activity."""
    session.execute(update(LoginRow).where(LoginRow.key_hash == key_hash).values(seen_at=now))


def work_for(session: Session, key_hash: str, organisation: Organisation) -> None:
    """Let the login act for this office from now on."""
    values = {"org_parent": organisation.parent, "org_child": organisation.child}
    session.execute(update(LoginRow).where(LoginRow.key_hash == key_hash).values(values))


def end(session: Session, key_hash: str, now: datetime) -> None:
    """End one login; ending it again changes nothing."""
    mine = (LoginRow.key_hash == key_hash, LoginRow.ended_at.is_(None))
    session.execute(update(LoginRow).where(*mine).values(ended_at=now))


def _login(row: LoginRow, vault: Vault, language: str | None) -> Login | None:
    secret = vault.open(row.sealed, _PURPOSE)
    if secret is None:
        return None
    return Login(
        key_hash=row.key_hash,
        person=_person(secret["person"]),
        organisation=Organisation(row.org_parent, row.org_child) if row.org_parent else None,
        sid=row.sid,
        id_token=secret["id_token"],
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        language=language,
    )


def _plain(person: Person) -> dict[str, Any]:
    return asdict(person) | {"roles": sorted(person.roles)}


def _person(plain: dict[str, Any]) -> Person:
    authorisations = tuple(
        Authorisation(
            profession=one["profession"],
            authorization=one["authorization"],
            requisition_rights=tuple(one["requisition_rights"]),
            specialities=tuple(one["specialities"]),
        )
        for one in plain["authorisations"]
    )
    return Person(**plain | {"authorisations": authorisations, "roles": frozenset(plain["roles"])})
