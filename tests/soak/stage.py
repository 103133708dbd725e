"""A portal with all that a write-back needs around it: database, registrations, people at work, two receivers."""

from __future__ import annotations

import secrets
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from bench.flow import CLIENT, REDIRECT_URI, Clinician
from soak import postgres
from soak.shim import Shim
from soak.supervisor import Program
from sqlalchemy import update
from support import sealed_rows, staging
from support.catalogue import DOCTOR, demo_catalogue
from support.keys import ec, unsigned
from support.source import ROOT

from portal.demo import environment, keys, ports
from portal.demo.ports import free_port
from portal.domain.client_registration import Client, PublicKey
from portal.domain.context import Context, Patient, Practitioner, ReplyTo
from portal.domain.epj_session import EpjSession
from portal.domain.identity import Organisation
from portal.domain.oids import FNR
from portal.settings import Settings
from portal.store import contexts, logins, registry
from portal.store.database import Database, Session
from portal.store.migrate import upgrade
from portal.store.publishing import publish
from portal.store.tables.launches import ContextRow
from portal.store.vault import Vault, vault_of

if TYPE_CHECKING:
    from pathlib import Path

    from portal.domain.registration import Epj

RECEIVERS = {"dedupes": ReplyTo("99000102", "99000101"), "takes-all": ReplyTo("99000104", "99000103")}
"""The journals by how they take a repeated MsgId, and their addresses."""
WORKERS = 2
_CLINICIANS = 4
_LIFE = timedelta(hours=8)
_OFFICE = Organisation("999977774", "999977775")
_PATIENT = Patient("31817541278", FNR, "Fjellrev", "Sølvi", date(1975, 1, 31))


class Desk(NamedTuple):
    """A clinician with a patient open, and the journal that her reports go to."""

    clinician: Clinician
    receiver: str


class Stage(NamedTuple):
    """What is ready to be started; `journals` are the receivers' files."""

    origin: str
    programs: list[Program]
    shim: Shim
    desks: list[Desk]
    journals: dict[str, Path]


def build(folder: Path, backend: str) -> Stage:
    """Make everything below `folder`; the programs in the order that they are to be started in."""
    folder.chmod(0o755)
    (folder / "logs").mkdir()
    data = folder / "database"
    data.mkdir()
    at, receivers = ports.ephemeral(), {name: f"http://127.0.0.1:{free_port()}" for name in RECEIVERS}
    shim, environ = Shim(folder, data), environment.make(folder, at, keys.fresh(), {})
    # Not the demo, which also writes down for vendors what their EPJs do.
    environ |= {"PORTAL_ENVIRONMENT": "test", "PORTAL_EGRESS_ALLOW": ",".join(receivers.values())}
    with ExitStack() as made:
        address, programs = f"sqlite:///{data / 'portal.db'}", []
        if backend == "postgresql":
            address, program = made.enter_context(postgres.making(data))
            program.environ = {**program.environ, **shim.environ}
            programs.append(program)
        else:
            upgrade(address)
        environ["PORTAL_DATABASE_URL"] = address
        desks = _fill(Settings.from_env(environ), receivers)
    journals = {name: folder / f"{name}.jsonl" for name in receivers}
    programs += [_receiver(name, origin, journals[name], environ) for name, origin in receivers.items()]
    return Stage(at.portal, programs + _portal(environ | shim.environ), shim, desks, journals)


def _receiver(name: str, origin: str, journal: Path, environ: dict[str, str]) -> Program:
    command = [sys.executable, "-m", "soak.receiver", origin.rpartition(":")[2], str(journal)]
    return Program(f"receiver-{name}", [*command, "yes" if name == "dedupes" else "no"], environ, ROOT)


def _portal(environ: dict[str, str]) -> list[Program]:
    worker = [sys.executable, "-c", "import sys; from portal.cli.main import main; sys.exit(main())", "worker"]
    web = [sys.executable, "-m", "gunicorn", "-c", str(ROOT / "deploy/gunicorn.conf.py"), "wsgi:app"]
    workers = [Program(f"worker-{number}", worker, environ, ROOT) for number in range(1, WORKERS + 1)]
    return [*workers, Program("web", web, environ, ROOT)]


def _fill(settings: Settings, receivers: dict[str, str]) -> list[Desk]:
    publish(settings, demo_catalogue(9), by="soak", based_on=None)
    database, vault, now = Database(settings.database_url), vault_of(settings), datetime.now(UTC)
    desks = []
    with database.write() as session:
        _register(session, receivers)
        for name in receivers:
            for number in range(_CLINICIANS):
                context = _open(session, vault, name, f"sub-{name}-{number}", now)
                desks.append(Desk(_log_in(session, vault, context, now), name))
        session.flush()
        session.execute(update(ContextRow).values(activated_at=now, login_hash="-"))
    database.close()
    return desks


def _register(session: Session, receivers: dict[str, str]) -> None:
    for name, origin in receivers.items():
        registry.propose_epj(session, _epj(name, origin), "en")
        registry.approve_epj(session, name, "to")
    client = Client(
        client_id=CLIENT,
        service=CLIENT,
        owner="Demo-eier",
        keys=(PublicKey.model_validate(ec(CLIENT).public | {"use": "sig"}),),
        launch_url="http://127.0.0.1:9/launch",
        redirect_uris=(REDIRECT_URI,),
        release=("patient_number", "hpr", "organisation"),
        writeback=True,
    )
    registry.propose_client(session, client, "en")
    registry.approve_client(session, CLIENT, "to")


def _epj(name: str, origin: str) -> Epj:
    address = RECEIVERS[name]
    own = {"id": name, "helseid_client_ids": (name,), "her_ids": (address.her_id, address.parent_her_id)}
    return staging.EPJ.model_copy(update={**own, "transport_address": origin})


def _open(session: Session, vault: Vault, epj_id: str, sub: str, now: datetime) -> Context:
    context = Context(
        id=secrets.token_urlsafe(32),
        epj_id=epj_id,
        sub=sub,
        practitioner=Practitioner("LE", DOCTOR.hpr_number, DOCTOR.name),
        patient=_PATIENT,
        patient_ref=vault.keyring.patient_ref(_PATIENT.system, _PATIENT.number),
        organisation=_OFFICE,
        reply_to=RECEIVERS[epj_id],
        encounter=None,
        service_id=None,
        created_at=now,
        expires_at=now + _LIFE,
    )
    epj_session = EpjSession(sub, epj_id, f"sid of {sub}", context.practitioner.hpr_number, _OFFICE)
    contexts.open_context(session, vault, context, epj_session, challenge="c" * 43, ends_at=now + _LIFE)
    return context


def _log_in(session: Session, vault: Vault, context: Context, now: datetime) -> Clinician:
    secret = secrets.token_urlsafe(32)
    person = replace(DOCTOR, sub=str(context.sub))
    lives = {"created_at": now, "seen_at": now, "expires_at": now + _LIFE}
    said = {"sub": person.sub, "auth_time": int(now.timestamp()), "acr": "Level4", "amr": ["pwd"]}
    id_token = unsigned({"alg": "RS256"}, said)
    sealed_rows.log_in(session, vault, logins.hashed(secret), person=person, id_token=id_token, **lives)
    logins.work_for(session, logins.hashed(secret), _OFFICE, now)
    return Clinician(f"portal-session={secret}", f"/k/{context.id}/open/{CLIENT}")
