"""A clinician's afternoon as rows: a context, a launch, a grant, a document and its delivery, all of one patient."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from support.keys import ec

from portal.domain.client_registration import Client, PublicKey
from portal.domain.context import Context, Patient, Practitioner, ReplyTo
from portal.domain.epj_session import EpjSession
from portal.domain.identity import Organisation, Person
from portal.domain.keyring import Keyring
from portal.domain.launch import Launch
from portal.domain.oids import FNR
from portal.domain.registration import Epj
from portal.store import contexts, documents, launches, logins, registry
from portal.store.documents import Document
from portal.store.launches import Token
from portal.store.logins import Login
from portal.store.tables.journal import DeliveryRow
from portal.store.vault import Vault

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from portal.domain.delivery import State
    from portal.store.database import Database

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NUMBER = "01817512484"
OFFICE = Organisation("310000124")
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 200
EPJ = Epj(id="epj", name="EksempelEPJ", helseid_client_ids=("epj",))
CLIENT = Client(
    client_id="melding",
    service="demo-melding",
    owner="Demo-eier",
    keys=(PublicKey.model_validate(ec().public),),
    launch_url="https://melding.example/launch",
    redirect_uris=("https://melding.example/callback",),
)


def vault() -> Vault:
    """Sealed with a fixed key, and with nonces that count."""
    count = iter(range(1, 1000))
    return Vault(Keyring({"2026-1": bytes(32)}, bytes(32)), lambda length: next(count).to_bytes(length, "big"))


def register(database: Database) -> None:
    """The EPJ and the client that the rows refer to."""
    with database.write() as session:
        registry.propose_epj(session, EPJ, "kari")
        registry.propose_client(session, CLIENT, "kari")


def open_context(session: Session, box: Vault, context_id: str = "c-1", **changes: Any) -> Context:
    """A context of 30 minutes from NOW."""
    values: dict[str, Any] = {
        "id": context_id,
        "epj_id": EPJ.id,
        "sub": "sub-1",
        "practitioner": Practitioner("LE", "999999901"),
        "patient": Patient(NUMBER, FNR, "Testpasient", "Syntetisk", date(1975, 1, 1)),
        "patient_ref": box.keyring.patient_ref(FNR, NUMBER),
        "organisation": OFFICE,
        "reply_to": ReplyTo("99000102", "99000101"),
        "encounter": None,
        "service_id": None,
        "created_at": NOW,
        "expires_at": NOW + timedelta(minutes=30),
    }
    opened = Context(**values | changes)
    epj_session = EpjSession("sub-1", "epj", "sid-1", "999999901", OFFICE)
    contexts.open_context(session, box, opened, epj_session, challenge="c" * 43, ends_at=NOW + timedelta(hours=8))
    session.flush()
    return opened


def launch(session: Session, launch_id: str = "l-1", context_id: str = "c-1") -> None:
    """A launch from a context."""
    begun = Launch(launch_id, context_id, CLIENT.service, CLIENT.client_id, "sub-1", "s" * 64, "p-1", NOW)
    launches.begin(session, begun)
    session.flush()


def grant(session: Session, launch_id: str = "l-1", kind: str = launches.WRITEBACK, hours: float = 24) -> None:
    """A token of a launch that lives so many hours."""
    until = NOW + timedelta(hours=hours)
    launches.grant(session, f"token-{kind}-{launch_id}", Token(kind, launch_id, CLIENT.client_id, "j" * 43, "", until))


def put_document(session: Session, box: Vault, state: State, settled_at: datetime | None) -> None:
    """A document of launch `l-1`, whose delivery got to `state` at that time."""
    document = Document(
        id="d-1",
        client_id=CLIENT.client_id,
        document_id="doc-1",
        launch_id="l-1",
        digest="0" * 64,
        title="Kvittering",
        text="Sendt",
        pdf=PDF,
        corrects=None,
        accepted_at=NOW,
    )
    documents.accept(session, box, document, delivery_id="e-1", msg_id="m-1", epj_id=EPJ.id)
    session.flush()
    delivery = session.get_one(DeliveryRow, "e-1")
    delivery.state, delivery.settled_at = state, settled_at
    delivery.due_at = None if settled_at else delivery.due_at


def log_in(session: Session, box: Vault, key_hash: str, **changes: Any) -> None:
    """A login of ten hours from NOW."""
    values: dict[str, Any] = {
        "key_hash": key_hash,
        "person": Person("sub-1", "Syntetisk Testlege", 4),
        "organisation": None,
        "sid": "sid-1",
        "id_token": "id-token",
        "created_at": NOW,
        "seen_at": NOW,
        "expires_at": NOW + timedelta(hours=10),
    }
    logins.begin(session, box, Login(**values | changes))
