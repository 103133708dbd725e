"""Sessions are rows: a signed-in browser, its person and the office that the person works for now."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, exists, literal, select, update

from portal.domain.identity import Authorisation, Organisation, Person
from portal.store.tables.base import plain
from portal.store.tables.sign_on import AssignmentRow, DisabledRow, LoginRow, PersonRow

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

_PURPOSE = "login"

# Built once: every request of a browser asks it.
_ROW, _PERSON, _ASSIGNED, _DISABLED = map(plain, (LoginRow, PersonRow, AssignmentRow, DisabledRow))
_HOLDERS = (literal("sub:") + _ROW.c.sub, literal("hpr:") + _ROW.c.hpr_number)
_FIND = (
    select(_ROW, _PERSON.c.language, _ASSIGNED.c.value.label("role"))
    .outerjoin(_PERSON, _ROW.c.sub == _PERSON.c.sub)
    .outerjoin(_ASSIGNED, _ASSIGNED.c.holder.in_(_HOLDERS) & (_ASSIGNED.c.kind == "role"))
    .where(
        _ROW.c.key_hash == bindparam("key_hash"),
        _ROW.c.ended_at.is_(None),
        _ROW.c.expires_at > bindparam("now"),
        _ROW.c.seen_at > bindparam("active_since"),
        ~exists().where(_DISABLED.c.holder.in_(_HOLDERS)),
    )
)


@dataclass(frozen=True)
class Login:
    """One signed-in browser; `id_token` is kept for the logout at HelseID alone, `language` is the person's choice.

    `placed` is whether the office is settled, also as unknown.
    """

    key_hash: str
    person: Person
    organisation: Organisation | None
    sid: str
    id_token: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    language: str | None = None
    placed: bool = False

    @property
    def handle(self) -> str:
        """What the person names this login by, when it is to be ended; it leads back to no secret."""
        return handle_of(self.key_hash)

    @property
    def office(self) -> str:
        """The office as a key for what belongs to a person there; empty while it is unknown."""
        return self.organisation.label if self.organisation else ""


class Seen(NamedTuple):
    """A live login as its person recognises it."""

    handle: str
    office: Organisation | None
    created_at: datetime
    seen_at: datetime


def hashed(secret: str) -> str:
    """How a secret of ours is stored."""
    return sha256(secret.encode()).hexdigest()


def handle_of(key_hash: str) -> str:
    """The short name of what a hash stands for; it opens nothing."""
    return key_hash[:16]


def handle_for(secret: str) -> str:
    """The short name of a secret of ours, for where the secret itself may not stand."""
    return handle_of(hashed(secret))


def begin(session: Session, vault: Vault, login: Login) -> None:
    """Remember a new login."""
    sealed = vault.seal({"person": _plain(login.person), "id_token": login.id_token}, _PURPOSE)
    session.add(
        LoginRow(
            key_hash=login.key_hash,
            sub=login.person.sub,
            hpr_number=login.person.hpr_number,
            sid=login.sid,
            sealed=sealed,
            created_at=login.created_at,
            seen_at=login.seen_at,
            expires_at=login.expires_at,
        )
    )


def find(session: Session, vault: Vault, secret: str, now: datetime, idle: timedelta) -> Login | None:
    """The login that a cookie's secret stands for, unless it has ended, expired, been idle too long or been disabled.

    Roles are those that are assigned now, not those of when the login began.
    """
    rows = session.execute(_FIND, {"key_hash": hashed(secret), "now": now, "active_since": now - idle}).all()
    return _login(rows[0], vault, frozenset(row.role for row in rows if row.role)) if rows else None


def of_person(session: Session, sub: str, now: datetime, idle: timedelta) -> list[Seen]:
    """Every live login of a person, the latest used first."""
    rows = session.scalars(
        select(LoginRow).where(LoginRow.sub == sub, *_alive(now, idle)).order_by(LoginRow.seen_at.desc())
    )
    return [Seen(handle_of(row.key_hash), _office(row), row.created_at, row.seen_at) for row in rows]


def is_alive(session: Session, key_hash: str, now: datetime, idle: timedelta) -> bool:
    """Whether the person of this login is still there."""
    return (
        session.scalar(select(LoginRow.key_hash).where(LoginRow.key_hash == key_hash, *_alive(now, idle))) is not None
    )


def touch(session: Session, key_hash: str, now: datetime) -> None:
    """Count this as activity."""
    session.execute(update(LoginRow).where(LoginRow.key_hash == key_hash).values(seen_at=now))


def work_for(session: Session, key_hash: str, organisation: Organisation | None, now: datetime) -> None:
    """Let the login act for this office from now on, or for none that is known."""
    parent, child = (organisation.parent, organisation.child) if organisation else (None, None)
    values = {"org_parent": parent, "org_child": child, "placed_at": now}
    session.execute(update(LoginRow).where(LoginRow.key_hash == key_hash).values(values))


def _alive(now: datetime, idle: timedelta) -> tuple[ColumnElement[bool], ...]:
    return (LoginRow.ended_at.is_(None), LoginRow.expires_at > now, LoginRow.seen_at > now - idle)


def _login(row: Row[Any], vault: Vault, roles: frozenset[str]) -> Login | None:
    secret = vault.open(row.sealed, _PURPOSE)
    if secret is None:
        return None
    return Login(
        key_hash=row.key_hash,
        person=replace(_person(secret["person"]), roles=roles),
        organisation=_office(row),
        sid=row.sid,
        id_token=secret["id_token"],
        created_at=row.created_at,
        seen_at=row.seen_at,
        expires_at=row.expires_at,
        language=row.language,
        placed=row.placed_at is not None,
    )


def _office(row: LoginRow | Row[Any]) -> Organisation | None:
    return Organisation(row.org_parent, row.org_child) if row.org_parent else None


def _plain(person: Person) -> dict[str, Any]:
    plain = asdict(person)
    # Looked up each time.
    del plain["roles"]
    return plain


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
    return Person(**plain | {"authorisations": authorisations, "roles": frozenset()})
