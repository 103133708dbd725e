"""Launches, and the tokens that a redeemed launch gave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, exists, func, insert, select, update

from portal.domain.launch import Launch, Success
from portal.store.logins import hashed
from portal.store.tables.base import plain
from portal.store.tables.launches import LaunchFailureRow, LaunchRow, TokenRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

ACCESS, REFRESH, WRITEBACK = "access", "refresh", "writeback"

# Built once: every launch runs these.
_LAUNCH, _TOKEN = plain(LaunchRow), plain(TokenRow)
_BEGIN, _GRANT = insert(_LAUNCH), insert(_TOKEN)
_FIND = select(_LAUNCH).where(_LAUNCH.c.id == bindparam("launch_id"))
_REDEEM = (
    update(_LAUNCH)
    .where(_LAUNCH.c.id == bindparam("launch_id"), _LAUNCH.c.redeemed_at.is_(None), _LAUNCH.c.revoked_at.is_(None))
    .values(redeemed_at=bindparam("now"))
    .returning(_LAUNCH.c.id)
)


@dataclass(frozen=True)
class Token:
    """A token as we know it: of a launch and a client, bound to a key thumbprint (RFC 9449 §6) or to none."""

    kind: str
    launch_id: str
    client_id: str
    jkt: str | None
    scope: str
    expires_at: datetime


def begin(session: Session, launch: Launch) -> None:
    """Remember a launch before anything of it leaves the portal."""
    session.execute(_BEGIN, vars(launch))


def find(session: Session, launch_id: str) -> Launch | None:
    """A launch by its trace id."""
    row = session.execute(_FIND, {"launch_id": launch_id}).first()
    if row is None:
        return None
    return Launch(
        id=row.id,
        context_id=row.context_id,
        service_id=row.service_id,
        client_id=row.client_id,
        sub=row.sub,
        session_hash=row.session_hash,
        patient_id=row.patient_id,
        organisation=row.organisation,
        created_at=row.created_at,
        authorize_by=row.authorize_by,
        revoked_at=row.revoked_at,
    )


def success(session: Session, since: datetime, until: datetime) -> dict[str, Success]:
    """By service, of the launches with a context that were made in a time, how many the target took up.

    One that failed after its target had got the context was not.
    """
    failed = exists().where(LaunchFailureRow.launch_id == LaunchRow.id, LaunchFailureRow.at >= LaunchRow.redeemed_at)
    rows = session.execute(
        select(LaunchRow.service_id, func.count(), func.count(LaunchRow.redeemed_at).filter(~failed))
        .where(LaunchRow.client_id.is_not(None), LaunchRow.created_at >= since, LaunchRow.created_at < until)
        .group_by(LaunchRow.service_id)
    )
    return {service_id: Success(made, redeemed) for service_id, made, redeemed in rows}


def park(session: Session, launch_id: str, until: datetime) -> None:
    """Let its target take a launch up until later: its clinician has to log in first."""
    session.execute(update(LaunchRow).where(LaunchRow.id == launch_id).values(authorize_by=until))


def take(session: Session, launch_id: str, session_hash: str) -> None:
    """Let a launch belong to the login that its clinician has confirmed it in."""
    session.execute(update(LaunchRow).where(LaunchRow.id == launch_id).values(session_hash=session_hash))


def redeem(session: Session, launch_id: str, now: datetime) -> bool:
    """Note that the target gets the context; False when a second use of its code has revoked it meanwhile."""
    return session.scalar(_REDEEM, {"launch_id": launch_id, "now": now}) is not None


def stands(session: Session, launch_id: str) -> bool:
    """Whether a launch is not revoked, nor will be before this transaction ends."""
    held = select(LaunchRow.id).where(LaunchRow.id == launch_id, LaunchRow.revoked_at.is_(None)).with_for_update()
    return session.scalar(held) is not None


def grant(session: Session, secret: str, token: Token) -> None:
    """Remember a token by the hash of its secret."""
    session.execute(_GRANT, {"key_hash": hashed(secret), **vars(token)})


def holder(session: Session, secret: str, kind: str, now: datetime) -> Token | None:
    """What a token's secret stands for, unless it was revoked or has expired."""
    return _token(session.scalar(select(TokenRow).where(TokenRow.kind == kind, *_valid(secret, now))))


def of_client(session: Session, secret: str, client_id: str, now: datetime) -> Token | None:
    """What a token of any kind stands for, if it is this client's and still good."""
    return _token(session.scalar(select(TokenRow).where(TokenRow.client_id == client_id, *_valid(secret, now))))


def rotate(session: Session, secret: str, client_id: str, now: datetime) -> Token | None:
    """Spend a refresh token; to be committed alone, before anything is given for it."""
    theirs = (TokenRow.kind == REFRESH, TokenRow.client_id == client_id)
    spent = update(TokenRow).where(*theirs, *_valid(secret, now)).values(revoked_at=now).returning(TokenRow)
    return _token(session.scalar(spent))


def revoke_reused(session: Session, secret: str, client_id: str, now: datetime) -> str | None:
    """Revoke the access of a launch whose refresh token is used a second time; the launch's id, None for no such."""
    theirs = (TokenRow.kind == REFRESH, TokenRow.client_id == client_id, TokenRow.revoked_at.is_not(None))
    launch_id = session.scalar(select(TokenRow.launch_id).where(TokenRow.key_hash == hashed(secret), *theirs))
    if launch_id:
        revoke(session, now, LaunchRow.id == launch_id)
    return launch_id


def give_back(session: Session, secret: str, client_id: str, now: datetime) -> Token | None:
    """Revoke a token that its client gives back: one that refreshes with the access of its launch (RFC 7009 §2.1)."""
    found = of_client(session, secret, client_id, now)
    if found is None:
        return None
    alone = TokenRow.key_hash == hashed(secret)
    together = (TokenRow.launch_id == found.launch_id) & (TokenRow.kind != WRITEBACK)
    which = together if found.kind == REFRESH else alone
    session.execute(update(TokenRow).where(which, TokenRow.revoked_at.is_(None)).values(revoked_at=now))
    return found


def move(session: Session, sub: str, before: str, after: str) -> None:
    """Let a person's launches go on from the login that takes another one's place in the same browser."""
    theirs = (LaunchRow.sub == sub, LaunchRow.session_hash == before)
    session.execute(update(LaunchRow).where(*theirs).values(session_hash=after))


def revoke(session: Session, now: datetime, *which: ColumnElement[bool]) -> None:
    """Revoke launches and the access they gave; a right to write back stays: what was done must reach the journal."""
    # The launch first: who is about to give tokens for it waits for its row, or has given them before the second step.
    session.execute(update(LaunchRow).where(*which, LaunchRow.revoked_at.is_(None)).values(revoked_at=now))
    gone = select(LaunchRow.id).where(*which)
    access = (TokenRow.launch_id.in_(gone), TokenRow.kind != WRITEBACK, TokenRow.revoked_at.is_(None))
    session.execute(update(TokenRow).where(*access).values(revoked_at=now))


def revoke_all_of(session: Session, launch_id: str, now: datetime) -> None:
    """Revoke everything that a launch gave or is about to give (RFC 6749 §4.1.2: a code was used twice)."""
    session.execute(update(LaunchRow).where(LaunchRow.id == launch_id).values(revoked_at=now))
    theirs = (TokenRow.launch_id == launch_id, TokenRow.revoked_at.is_(None))
    session.execute(update(TokenRow).where(*theirs).values(revoked_at=now))


def _valid(secret: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (TokenRow.key_hash == hashed(secret), TokenRow.revoked_at.is_(None), TokenRow.expires_at > now)


def _token(row: TokenRow | None) -> Token | None:
    return None if row is None else Token(row.kind, row.launch_id, row.client_id, row.jkt, row.scope, row.expires_at)
