"""Registrations of EPJs and clients: one person proposes, another approves, anyone may disable.

States: proposed -> enabled -> disabled. A change of what is enabled waits beside it until a second person approves it
too. Only what is enabled is ever handed out for use.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import bindparam, or_, select

from portal.domain.client_registration import Client, Handover
from portal.domain.registration import Epj
from portal.errors import NotAllowed, RequestRejected
from portal.store.tables.base import plain
from portal.store.tables.registers import ClientRow, EpjRow

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

PROPOSED, ENABLED, DISABLED = "proposed", "enabled", "disabled"

Row = TypeVar("Row", EpjRow, ClientRow)

# Built once: every launch asks these several times.
_ROW = plain(ClientRow)
_ENABLED = select(_ROW.c.registration).where(_ROW.c.state == ENABLED)
_CLIENT = _ENABLED.where(_ROW.c.id == bindparam("client_id"))
_CLIENT_OF_SERVICE = _ENABLED.where(_ROW.c.service_id == bindparam("service_id"))
_HANDOVERS = _ENABLED.with_only_columns(_ROW.c.service_id, _ROW.c.registration)


@dataclass(frozen=True)
class Entry:
    """A line of the register, with operating-system users; `change` is who has proposed one that waits."""

    id: str
    state: str
    proposed_by: str
    approved_by: str | None
    change: str | None = None


def propose_epj(session: Session, registration: Epj, by: str) -> None:
    """Register a journal system, or a change of one, without force until approved.

    Raises RequestRejected when another EPJ has one of its HelseID clients.
    """
    _is_free(session, registration)
    document = registration.model_dump(mode="json")
    _propose(session, EpjRow(id=registration.id, registration=document), by)


def propose_client(session: Session, registration: Client, by: str) -> None:
    """Register a target portal, or a change of one, without force until approved.

    Raises RequestRejected when the service has another client, or the client another service.
    """
    named = or_(ClientRow.service_id == registration.service, ClientRow.id == registration.client_id)
    for held in session.scalars(select(ClientRow).where(named)):
        if (held.id, held.service_id) != (registration.client_id, registration.service):
            raise RequestRejected("invalid_body", "service: a client has one, and a service one client")
    document = registration.model_dump(mode="json")
    row = ClientRow(id=registration.client_id, service_id=registration.service, registration=document)
    _propose(session, row, by)


def approve_epj(session: Session, epj_id: str, by: str) -> Epj | None:
    """Put a proposed EPJ in force; None when none is proposed. Raises NotAllowed for its own proposer."""
    row = _approve(session, EpjRow, epj_id, by)
    if row is None:
        return None
    approved = Epj.model_validate(row.registration)
    _is_free(session, approved)
    return approved


def approve_client(session: Session, client_id: str, by: str) -> Client | None:
    """Put a proposed client in force; None when none is proposed. Raises NotAllowed for its own proposer."""
    row = _approve(session, ClientRow, client_id, by)
    return None if row is None else Client.model_validate(row.registration)


def disable_epj(session: Session, epj_id: str) -> bool:
    """Take an EPJ out of force at once; False when there is no such id."""
    return _disable(session, EpjRow, epj_id)


def disable_client(session: Session, client_id: str) -> bool:
    """Take a client out of force at once; False when there is no such id."""
    return _disable(session, ClientRow, client_id)


def list_epjs(session: Session) -> list[Entry]:
    """Every EPJ in every state, by id."""
    return _entries(session, EpjRow)


def list_clients(session: Session) -> list[Entry]:
    """Every client in every state, by id."""
    return _entries(session, ClientRow)


def epj(session: Session, epj_id: str) -> Epj | None:
    """The EPJ with this id, when it is enabled."""
    rows = _enabled(session, EpjRow, EpjRow.id == epj_id)
    return Epj.model_validate(rows[0]) if rows else None


def epjs(session: Session) -> list[Epj]:
    """Every EPJ that is enabled."""
    return [Epj.model_validate(given) for given in _enabled(session, EpjRow)]


def epj_of_helseid_client(session: Session, helseid_client_id: str) -> Epj | None:
    """The enabled EPJ that this HelseID client id belongs to."""
    for given in _enabled(session, EpjRow):
        if helseid_client_id in given["helseid_client_ids"]:
            return Epj.model_validate(given)
    return None


def epj_of_issuer(session: Session, issuer: str) -> Epj | None:
    """The enabled EPJ whose SMART server has this FHIR base address, compared as it is written (RFC 8414 §3.3)."""
    for given in _enabled(session, EpjRow):
        registered = Epj.model_validate(given)
        if registered.smart and registered.smart.issuer == issuer:
            return registered
    return None


def client(session: Session, client_id: str) -> Client | None:
    """The client with this id, when it is enabled."""
    registration = session.scalar(_CLIENT, {"client_id": client_id})
    return Client.model_validate(registration) if registration else None


def client_of_service(session: Session, service_id: str) -> Client | None:
    """The enabled client of this service."""
    registration = session.scalar(_CLIENT_OF_SERVICE, {"service_id": service_id})
    return Client.model_validate(registration) if registration else None


def handovers(session: Session) -> dict[str, Handover]:
    """By the id of its service, what each enabled client gets."""
    return {service: _handover(given) for service, given in session.execute(_HANDOVERS)}


def _handover(given: dict[str, Any]) -> Handover:
    return Handover(tuple(given["release"]), given["writeback"], given["launch_url"] is not None)


def _is_free(session: Session, registration: Epj) -> None:
    others = session.scalars(select(EpjRow).where(EpjRow.id != registration.id, EpjRow.state != DISABLED))
    taken = {client_id for row in others for client_id in row.registration["helseid_client_ids"]}
    if taken & set(registration.helseid_client_ids):
        raise RequestRejected("invalid_body", "helseid_client_ids: registered for another EPJ")


def _propose(session: Session, row: Row, by: str) -> None:
    in_force = session.get(type(row), row.id, with_for_update=True)
    if in_force is not None and in_force.state == ENABLED:
        in_force.proposal = {"registration": row.registration, "by": by}
        return
    row.state, row.proposed_by, row.approved_by, row.proposal = PROPOSED, by, None, None
    session.merge(row)
    session.flush()


def _approve(session: Session, table: type[Row], key: str, by: str) -> Row | None:
    row = session.get(table, key, with_for_update=True)
    if row is None or not (row.state == PROPOSED or row.proposal):
        return None
    if row.proposal:
        row.registration, row.proposed_by, row.proposal = row.proposal["registration"], row.proposal["by"], None
    if row.proposed_by == by:
        raise NotAllowed("four_eyes")
    row.state, row.approved_by = ENABLED, by
    return row


def _disable(session: Session, table: type[Row], key: str) -> bool:
    row = session.get(table, key, with_for_update=True)
    if row is None:
        return False
    row.state, row.proposal = DISABLED, None
    return True


def _entries(session: Session, table: type[Row]) -> list[Entry]:
    rows = session.scalars(select(table).order_by(table.id))
    return [
        Entry(row.id, row.state, row.proposed_by, row.approved_by, row.proposal["by"] if row.proposal else None)
        for row in rows
    ]


def _enabled(session: Session, table: type[Row], *where: ColumnElement[bool]) -> list[dict[str, Any]]:
    return list(session.scalars(select(table.registration).where(table.state == ENABLED, *where)))
