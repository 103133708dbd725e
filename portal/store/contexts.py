"""Contexts: opened by an EPJ's server, activated once by the clinician's browser."""

from __future__ import annotations

from dataclasses import asdict, astuple, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, or_, select, update

from portal.domain.context import Context, Patient, Practitioner, ReplyTo
from portal.domain.identity import Organisation
from portal.store import smart_access
from portal.store.tables.base import plain
from portal.store.tables.launches import ContextRow
from portal.store.tables.sign_on import LoginRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from sqlalchemy import ColumnElement, Row
    from sqlalchemy.orm import Session

    from portal.domain.epj_session import EpjSession
    from portal.domain.identity import Person
    from portal.store.vault import Vault

_PURPOSE = "context"

# Built once: every launch asks these, and every tab asks the second every other second.
_ROW = plain(ContextRow)
_FIND = select(_ROW).where(_ROW.c.id == bindparam("context_id"))
_THIS = _ROW.alias()
_NEWEST = (
    select(_ROW.c.id, _ROW.c.patient_ref != _THIS.c.patient_ref)
    .join(
        _THIS,
        and_(
            _ROW.c.client_id == _THIS.c.client_id,
            _ROW.c.sid == _THIS.c.sid,
            or_(_ROW.c.sub == _THIS.c.sub, _ROW.c.sub.is_(None)),
            _ROW.c.created_at >= _THIS.c.created_at,
            _ROW.c.ended_at.is_(None),
        ),
    )
    .where(_THIS.c.id == bindparam("context_id"))
    .order_by(_ROW.c.created_at.desc(), _ROW.c.id.desc())
    .limit(1)
)


def open_context(
    session: Session,
    vault: Vault,
    context: Context,
    epj_session: EpjSession,
    *,
    challenge: str | None = None,
    ends_at: datetime,
) -> None:
    """Remember a context that nobody has seen yet; `ends_at` is the latest it may ever live.

    `challenge` is what its start code answers, None when the browser brought it itself (door B).
    """
    session.add(
        ContextRow(
            id=context.id,
            epj_id=context.epj_id,
            client_id=epj_session.client_id,
            sub=context.sub,
            sid=epj_session.sid,
            patient_ref=context.patient_ref,
            sealed=vault.seal(_plain(context), _PURPOSE),
            org_parent=context.organisation.parent,
            org_child=context.organisation.child,
            service_id=context.service_id,
            challenge=challenge,
            created_at=context.created_at,
            expires_at=context.expires_at,
            ends_at=ends_at,
        )
    )


def find(session: Session, vault: Vault, context_id: str | None) -> Context | None:
    """A context whose patient is still known, live or not; None also for a launch that was made without any."""
    if context_id is None:
        return None
    row = session.execute(_FIND, {"context_id": context_id}).first()
    return of_row(row, vault) if row else None


def of_row(row: ContextRow | Row[Any], vault: Vault) -> Context | None:
    """The context of a row that has been read, while its patient is still known."""
    plain = vault.open(row.sealed, _PURPOSE) if row.sealed else None
    if plain is None:
        return None
    return Context(
        id=row.id,
        epj_id=row.epj_id,
        sub=row.sub,
        practitioner=Practitioner(**plain["practitioner"]),
        patient=Patient(
            number=plain["number"],
            system=plain["system"],
            family=plain["family"],
            given=plain["given"],
            birth_date=date.fromisoformat(plain["birth_date"]),
        ),
        patient_ref=row.patient_ref,
        organisation=Organisation(row.org_parent, row.org_child),
        reply_to=ReplyTo(*plain["reply_to"]) if plain["reply_to"] else None,
        encounter=plain["encounter"],
        service_id=row.service_id,
        created_at=row.created_at,
        expires_at=row.expires_at,
        activated_at=row.activated_at,
        ended_at=row.ended_at,
        documents_until=_documents_until(row, vault),
    )


def _documents_until(row: ContextRow | Row[Any], vault: Vault) -> datetime | None:
    """With a refresh token as long as the context lives; without, as the access token does."""
    held = smart_access.opened(vault, row.sealed_smart) if row.sealed_smart else None
    if held is None:
        return None
    access, _ = held
    return row.expires_at if access.refresh_token else min(access.expires_at, row.expires_at)


def challenge_of(session: Session, context_id: str) -> str | None:
    """The S256 challenge that the EPJ opened it with."""
    return session.scalar(select(ContextRow.challenge).where(ContextRow.id == context_id))


def live_of(session: Session, vault: Vault, sub: str, now: datetime) -> list[Context]:
    """The live contexts that this person has opened, newest first."""
    rows = session.scalars(
        select(ContextRow)
        .where(ContextRow.sub == sub, ContextRow.activated_at.is_not(None), *_live(now))
        .order_by(ContextRow.created_at.desc())
    )
    return [context for row in rows if (context := of_row(row, vault))]


def turned_to(session: Session, context_id: str) -> str | None:
    """The newest context of the same EPJ session that has not ended, when it is about another patient.

    The same EPJ session is (`sub`, `client_id`, `sid`) at door A and (`iss`, `fhirUser`) at door B, where `sub` comes
    with the first look.
    """
    found = session.execute(_NEWEST, {"context_id": context_id}).first()
    return found[0] if found and found[1] else None


def is_newest(session: Session, context_id: str) -> bool:
    """Whether the EPJ session has not turned to another patient."""
    return turned_to(session, context_id) is None


def activate(session: Session, vault: Vault, context: Context, person: Person, login_hash: str, now: datetime) -> bool:
    """Let the clinician in, once; False when it was activated before, has ended or belongs to someone else."""
    if not context.is_for(person):
        return False
    open_still = (ContextRow.id == context.id, ContextRow.activated_at.is_(None), *_live(now))
    who = context.practitioner
    profession = who.profession or next((one.profession for one in person.authorisations), None)
    named = replace(context, practitioner=replace(who, profession=profession, name=person.name))
    opened = {"activated_at": now, "sub": person.sub, "login_hash": login_hash}
    return _changed(session, open_still, sealed=vault.seal(_plain(named), _PURPOSE), **opened)


def adopt(session: Session, sub: str, login_hash: str, before: str | None, now: datetime, idle: timedelta) -> None:
    """Let a person's contexts go on in a new login: from the one `before` it in the browser, and from any that is over.

    What is open in a login elsewhere stays there.
    """
    alive = (LoginRow.ended_at.is_(None), LoginRow.expires_at > now, LoginRow.seen_at > now - idle)
    elsewhere = select(LoginRow.key_hash).where(LoginRow.sub == sub, LoginRow.key_hash != before, *alive)
    hers = (ContextRow.sub == sub, ContextRow.login_hash.not_in(elsewhere), *_live(now))
    session.execute(update(ContextRow).where(*hers).values(login_hash=login_hash))


def refresh(
    session: Session, context_id: str, epj_session: EpjSession, now: datetime, until: datetime
) -> datetime | None:
    """Keep a context alive until `until`, never past its limit; the new end, or None when there is no such live one."""
    mine = (ContextRow.id == context_id, *of_epj_session(epj_session), *_live(now))
    row = session.scalar(select(ContextRow).where(*mine).with_for_update())
    if row is None:
        return None
    row.expires_at = min(until, row.ends_at)
    return row.expires_at


def _live(now: datetime) -> Sequence[Any]:
    return (ContextRow.ended_at.is_(None), ContextRow.expires_at > now)


def of_epj_session(epj_session: EpjSession) -> Sequence[ColumnElement[bool]]:
    """What selects the contexts that this EPJ session has opened."""
    return (
        ContextRow.sub == epj_session.sub,
        ContextRow.client_id == epj_session.client_id,
        ContextRow.sid == epj_session.sid,
    )


def _changed(session: Session, where: Sequence[Any], **values: Any) -> bool:
    changed = update(ContextRow).where(*where).values(**values).returning(ContextRow.id)
    return session.scalar(changed) is not None


def _plain(context: Context) -> dict[str, Any]:
    patient, reply_to = context.patient, context.reply_to
    return {
        "number": patient.number,
        "system": patient.system,
        "family": patient.family,
        "given": patient.given,
        "birth_date": patient.birth_date.isoformat(),
        "practitioner": asdict(context.practitioner),
        "encounter": context.encounter,
        "reply_to": list(astuple(reply_to)) if reply_to else None,
    }
