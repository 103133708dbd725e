"""A portal's database as it is when so many contexts live: people at work, each with patients open and launched."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from bench.flow import CLIENT, REDIRECT_URI, Clinician
from sqlalchemy import Integer, func, insert, literal, literal_column, select, update
from support import sealed_rows
from support.catalogue import DOCTOR
from support.keys import ec, unsigned
from support.staging import EPJ

from portal.domain.audit import AuditEvent
from portal.domain.client_registration import Client, PublicKey
from portal.domain.context import Context, Patient, Practitioner
from portal.domain.epj_session import EpjSession
from portal.domain.identity import Organisation
from portal.domain.launch import Launch, opaque_patient
from portal.domain.oids import FNR
from portal.store import audit, contexts, launches, logins, one_time, registry
from portal.store.database import Database
from portal.store.launches import ACCESS, Token
from portal.store.tables.launches import ContextRow, LaunchRow, OneTimeRow, TokenRow
from portal.store.tables.log import AuditRow
from portal.store.vault import Vault, vault_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal, TypeAlias

    from sqlalchemy import Insert, Table
    from sqlalchemy.orm import Session

    from portal.domain.identity import Person
    from portal.settings import Settings

    Profile: TypeAlias = Literal["strict", "classic"]

CLINICIANS = 8
_BY_HAND = 1_000
_PEOPLE = 50
_OFFICE = Organisation("999977774", "999977775")
_PATIENT = Patient("31817541278", FNR, "Fjellrev", "Sølvi", date(1975, 1, 31))
_LIFE = timedelta(hours=8)
_COPIED = tuple(
    row.metadata.tables[row.__tablename__] for row in (ContextRow, LaunchRow, TokenRow, OneTimeRow, AuditRow)
)
_ROWID = literal_column("rowid", Integer)
_NAMES = {"id", "key_hash", "context_id", "launch_id", "sub", "sid"}


def fill(settings: Settings, profile: Profile, size: int) -> list[Clinician]:
    """Register the EPJ and the target, and open `size` contexts; return those who go on from their newest one.

    The first thousand come through the store's functions, all others are copies of these under other names.
    """
    database, vault, now = Database(settings.database_url), vault_of(settings), datetime.now(UTC)
    latest: dict[str, Context] = {}
    with database.write() as session:
        _register(session, profile)
        for context in _opened(vault, min(size, _BY_HAND), now):
            _open(session, vault, context)
            latest[str(context.sub)] = context
    with database.write() as session:
        session.execute(update(ContextRow).values(activated_at=now, login_hash="-"))
        originals = {table: session.scalars(select(func.max(_ROWID)).select_from(table)).one() for table in _COPIED}
    for number in range(1, size // _BY_HAND):
        with database.write() as session:
            for table, last in originals.items():
                session.execute(_copy(table, last, number))
    with database.write() as session:
        clinicians = [_log_in(session, vault, context, now) for context in list(latest.values())[:CLINICIANS]]
    database.close()
    return clinicians


def _copy(table: Table, last: int, number: int) -> Insert:
    """The rows up to `last` once more, under names that nobody else has; numbers are given by the database."""
    columns = [column for column in table.c if column is not AuditRow.__table__.c.id]
    values = [literal(f"{number} ") + column if column.name in _NAMES else column for column in columns]
    return insert(table).from_select(columns, select(*values).select_from(table).where(_ROWID.between(1, last)))


def _register(session: Session, profile: Profile) -> None:
    registry.propose_epj(session, EPJ, "en")
    registry.approve_epj(session, EPJ.id, "to")
    client = Client(
        client_id=CLIENT,
        service=CLIENT,
        owner="Demo-eier",
        profile=profile,
        sign_on=profile == "classic",
        keys=(PublicKey.model_validate(ec(CLIENT).public | {"use": "sig"}),),
        launch_url="http://127.0.0.1:9/launch",
        redirect_uris=(REDIRECT_URI,),
        release=("patient_number", "hpr", "organisation"),
    )
    registry.propose_client(session, client, "en")
    registry.approve_client(session, CLIENT, "to")


def _opened(vault: Vault, size: int, now: datetime) -> Iterator[Context]:
    """Contexts in the order that they were opened, the people in turns."""
    reference = vault.keyring.patient_ref(_PATIENT.system, _PATIENT.number)
    for number in range(size):
        yield Context(
            id=secrets.token_urlsafe(32),
            epj_id=EPJ.id,
            sub=f"sub-{number % _PEOPLE}",
            practitioner=Practitioner("LE", DOCTOR.hpr_number, DOCTOR.name),
            patient=_PATIENT,
            patient_ref=reference,
            organisation=_OFFICE,
            reply_to=None,
            encounter=None,
            service_id=None,
            created_at=now + timedelta(microseconds=number),
            expires_at=now + _LIFE,
        )


def _open(session: Session, vault: Vault, context: Context) -> None:
    """A context, and what a launch from it leaves behind."""
    sub, at = str(context.sub), context.created_at
    epj_session = EpjSession(sub, "epj", f"sid of {sub}", context.practitioner.hpr_number, _OFFICE)
    contexts.open_context(session, vault, context, epj_session, challenge="c" * 43, ends_at=at + _LIFE)
    launch = Launch(
        id=secrets.token_urlsafe(32),
        context_id=context.id,
        service_id=CLIENT,
        client_id=CLIENT,
        sub=sub,
        session_hash="s" * 64,
        patient_id=opaque_patient(secrets.token_urlsafe(32)),
        created_at=at,
        authorize_by=at + _LIFE,
    )
    launches.begin(session, launch)
    launches.grant(session, secrets.token_urlsafe(32), Token(ACCESS, launch.id, CLIENT, "j" * 43, "launch", at + _LIFE))
    for kind in ("launch", "code"):
        sealed = vault.seal(launch.id, kind)
        key, until = secrets.token_urlsafe(32), {"expires_at": at + _LIFE, "keep_until": at + _LIFE}
        one_time.put(session, kind, key, client=CLIENT, payload=sealed, **until)
    for action in ("context_opened", "launch", "launch_redeemed"):
        audit.record(session, AuditEvent(at, action, "ok", f"person {sub}", patient_ref=context.patient_ref))


def _log_in(session: Session, vault: Vault, context: Context, now: datetime) -> Clinician:
    """Log in whom a context is for."""
    secret, person = secrets.token_urlsafe(32), _person(str(context.sub))
    lives = {"created_at": now, "seen_at": now, "expires_at": now + _LIFE}
    # What HelseID said of the login goes along where we sign people on.
    said = {"sub": person.sub, "auth_time": int(now.timestamp()), "acr": "Level4", "amr": ["pwd"]}
    id_token = unsigned({"alg": "RS256"}, said)
    sealed_rows.log_in(session, vault, logins.hashed(secret), person=person, id_token=id_token, **lives)
    logins.work_for(session, logins.hashed(secret), _OFFICE, now)
    return Clinician(f"portal-session={secret}", f"/k/{context.id}/open/{CLIENT}")


def _person(sub: str) -> Person:
    return replace(DOCTOR, sub=sub)
