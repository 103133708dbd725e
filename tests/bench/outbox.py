"""A portal with many launches that may write back, and as many deliveries, waiting or over, as are wanted."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from itertools import cycle
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import uuid4

from bench.papers import pdf
from bench.targets import Grant
from sqlalchemy import BigInteger, String, cast, func, insert, literal, select, true, update
from support import sealed_rows
from support.catalogue import demo_catalogue
from support.keys import ec

from portal.demo import environment, keys, ports
from portal.domain import dpop
from portal.domain.audit import AuditEvent
from portal.domain.context import Practitioner
from portal.domain.delivery import State
from portal.settings import Settings
from portal.store import audit, documents, launches, registry
from portal.store.database import Database
from portal.store.documents import Document
from portal.store.launches import WRITEBACK, Token
from portal.store.migrate import upgrade
from portal.store.publishing import publish
from portal.store.tables.base import plain
from portal.store.tables.journal import DeliveryEventRow, DeliveryRow, DocumentRow
from portal.store.tables.launches import ContextRow, LaunchRow
from portal.store.tables.log import AuditRow
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import ColumnElement, Insert, Table
    from sqlalchemy.orm import Session

    from portal.store.vault import Vault

GRANTS = 1_000
_LIFE = timedelta(hours=8)
_LONG_AGO = timedelta(days=40)
"""So long ago that the content is deleted by now."""
_STALLED = 120.0  # seconds without one more
_SCATTER, _ROOM = 2_654_435_761, 2**32
_NAMES = {"id", "document_id", "launch_id", "context_id", "delivery_id"}


class Stage(NamedTuple):
    """A portal that is ready to be started, and a journal's address that nobody answers at yet."""

    environ: dict[str, str]
    settings: Settings
    origin: str
    receiver: int
    grants: Iterator[Grant]

    @property
    def port(self) -> int:
        """Where the portal listens."""
        return int(self.origin.rpartition(":")[2])


def staged(folder: Path, database_url: str) -> Stage:
    """A migrated database with a journal, a target, and a thousand launches that may write back."""
    folder.mkdir()
    at = ports.ephemeral()
    # Not the demo, which also writes down for vendors what their EPJs do.
    changes = {"PORTAL_ENVIRONMENT": "test", "PORTAL_DATABASE_URL": database_url}
    environ = environment.make(folder, at, keys.fresh(), {}) | changes
    settings = Settings.from_env(environ)
    upgrade(settings.database_url)
    publish(settings, demo_catalogue(9), by="bench", based_on=None)
    database, vault = Database(settings.database_url), vault_of(settings)
    with database.write() as session:
        _register(session, at.epj)
        grants = [_granted(session, vault, f"grant-{number}") for number in range(GRANTS)]
    database.close()
    return Stage(environ, settings, at.portal, at.port("epj"), cycle(grants))


class Outbox:
    """Fills the database of a stage; every row that it makes has a name of its own, scattered as real ones are."""

    def __init__(self, settings: Settings) -> None:
        self.database, self._vault = Database(settings.database_url), vault_of(settings)
        self._made = 0

    def finish(self, size: int) -> None:
        """Deliveries that were over long ago: one of four by the journal's own word, the others by a receipt."""
        over = datetime.now(UTC) - _LONG_AGO
        filed, settled = size // 4, {"state": State.COMPLETED, "due_at": None, "sent_at": over, "settled_at": over}
        self._fill(size - filed, b"", over, settled | {"apprec_id": "apprec-1", "apprec_status": "1"})
        self._fill(filed, b"", over, settled | {"filed_at": over})
        if self.database.engine.dialect.name == "postgresql":
            # By itself it does so some time later.
            with self.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql("VACUUM ANALYZE")

    def queue(self, count: int, size: int) -> None:
        """Deliveries of a PDF of `size` bytes, all due from the same moment on."""
        self._fill(count, pdf(size), datetime.now(UTC), {})

    def await_empty(self) -> None:
        """Wait until nothing is due; raises RuntimeError when nothing moves any more."""
        left, moved = self._due(), time.monotonic()
        while left:
            time.sleep(0.5)
            before, left = left, self._due()
            moved = time.monotonic() if left != before else moved
            if time.monotonic() > moved + _STALLED:
                message = f"{left} deliveries stand still"
                raise RuntimeError(message)

    def _due(self) -> int:
        due = select(func.count()).where(DeliveryRow.due_at <= datetime.now(UTC), DeliveryRow.state == State.QUEUED)
        with self.database.read() as session:
            return session.scalars(due).one()

    def _fill(self, count: int, content: bytes, at: datetime, outcome: dict[str, Any]) -> None:
        """Make one by the store's own functions, and copies of all its rows."""
        name = f"original-{self._made}"
        with self.database.write() as session:
            _accept(session, self._vault, name, content, at)
            if outcome:
                _finish(session, name, at, outcome)
            session.flush()
            # As if sealed long ago: what the sealer has yet to do is not what is measured.
            session.execute(update(AuditRow).where(AuditRow.basis == f"launch {name}").values(batch=1))
            for table, which in _rows_of(name):
                session.execute(_copies(table, which, self._made, count - 1))
        self._made += count


def _register(session: Session, address: str) -> None:
    registry.propose_epj(session, sealed_rows.EPJ.model_copy(update=_transport(address)), "en")
    registry.approve_epj(session, sealed_rows.EPJ.id, "to")
    registry.propose_client(session, sealed_rows.CLIENT.model_copy(update={"writeback": True}), "en")
    registry.approve_client(session, sealed_rows.CLIENT.client_id, "to")
    # What is sealed from the start: everything else is sealed into this batch.
    audit.record(session, AuditEvent(datetime.now(UTC), "bench", "ok", "bench"))
    audit.seal(session, b"k" * 32, datetime.now(UTC))


def _transport(address: str) -> dict[str, str]:
    return {"transport": "simulator", "transport_address": address}


def _launched(session: Session, vault: Vault, name: str, now: datetime) -> None:
    """A context and its launch, both of this name."""
    practitioner = Practitioner("LE", "999999901", "Anna Fastlege")
    lives = {"created_at": now, "expires_at": now + _LIFE}
    sealed_rows.open_context(session, vault, name, practitioner=practitioner, **lives)
    sealed_rows.launch(session, name, name)


def _granted(session: Session, vault: Vault, name: str) -> Grant:
    secret, now = secrets.token_urlsafe(32), datetime.now(UTC)
    _launched(session, vault, name, now)
    jkt = dpop.thumbprint(ec().public)
    launches.grant(session, secret, Token(WRITEBACK, name, sealed_rows.CLIENT.client_id, jkt, "", now + _LIFE))
    return Grant(secret, str(launches.find(session, name).patient_id))  # type: ignore[union-attr]  # made above


def _accept(session: Session, vault: Vault, name: str, content: bytes, at: datetime) -> None:
    """A document of a launch of its own, taken in."""
    _launched(session, vault, name, at)
    document = Document(
        id=name,
        client_id=sealed_rows.CLIENT.client_id,
        document_id=name,
        launch_id=name,
        digest="0" * 64,
        title="Demomelding",
        text="Melding er sendt. Se PDF.",
        pdf=content,
        corrects=None,
        accepted_at=at,
    )
    documents.accept(session, vault, document, delivery_id=name, msg_id=str(uuid4()), epj_id=sealed_rows.EPJ.id)
    _note(session, "document_accepted", name, at)


def _finish(session: Session, name: str, at: datetime, outcome: dict[str, Any]) -> None:
    """Everything that happened to it afterwards, and its content and its patient forgotten."""
    sent = {"transport": "simulator", "reference": name, "attempts": 1}
    session.execute(update(DeliveryRow).where(DeliveryRow.id == name).values(sent | outcome))
    session.execute(update(DocumentRow).where(DocumentRow.id == name).values(sealed=None, sealed_pdf=None))
    session.execute(update(ContextRow).where(ContextRow.id == name).values(sealed=None))
    for state in (State.SENT, State.COMPLETED):
        session.add(DeliveryEventRow(delivery_id=name, at=at, state=state))
        _note(session, f"delivery_{state}", name, at)


def _note(session: Session, action: str, name: str, at: datetime) -> None:
    audit.record(session, AuditEvent(at, action, "ok", "worker", subject=f"delivery {name}", basis=f"launch {name}"))


def _rows_of(name: str) -> Iterator[tuple[Table, ColumnElement[bool]]]:
    """Where the rows of an original stand, those that others point to first."""
    yield plain(ContextRow), ContextRow.id == name
    yield plain(LaunchRow), LaunchRow.id == name
    yield plain(DocumentRow), DocumentRow.id == name
    yield plain(DeliveryRow), DeliveryRow.id == name
    yield plain(DeliveryEventRow), DeliveryEventRow.delivery_id == name
    yield plain(AuditRow), AuditRow.basis == f"launch {name}"


def _copies(table: Table, which: ColumnElement[bool], first: int, count: int) -> Insert:
    """So many copies of these rows; names are numbers that nobody else has, in no order, as real ones are."""
    numbers = select(literal(first + 1, BigInteger).label("number")).cte("numbers", recursive=True)
    numbers = numbers.union_all(select(numbers.c.number + 1).where(numbers.c.number < first + count))
    # Twelve digits: an odd factor leaves no two alike.
    scattered = cast(100_000_000_000 + numbers.c.number * _SCATTER % _ROOM, String)
    changed: dict[str, ColumnElement[Any]] = dict.fromkeys(_NAMES, scattered)
    # Where there is no reference yet, nor has its copy one.
    changed["reference"] = DeliveryRow.reference + scattered
    changed["msg_id"] = literal("00000000-0000-4000-8000-") + scattered
    # Numbers are given by the database.
    columns = [column for column in table.c if column.name != "id" or not isinstance(column.type, BigInteger)]
    values = [changed.get(column.name, column) for column in columns]
    return insert(table).from_select(columns, select(*values).select_from(table.join(numbers, true())).where(which))
