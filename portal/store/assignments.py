"""What operators have assigned to persons, and who is disabled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sqlalchemy import bindparam, delete, select

from portal.domain.assignment import Office, OfficeAssignment, RoleAssignment
from portal.domain.identity import Organisation
from portal.store.database import insert
from portal.store.tables.launches import ContextRow
from portal.store.tables.sign_on import AssignmentRow, DisabledRow

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

Assignment: TypeAlias = RoleAssignment | OfficeAssignment

_ROLES = select(AssignmentRow.value).where(
    AssignmentRow.holder.in_(bindparam("holders", expanding=True)), AssignmentRow.kind == "role"
)


class Entry(NamedTuple):
    """A line for operators: an assignment, or (`kind` is `disabled`) that a person is kept out."""

    holder: str
    kind: str
    value: str
    name: str
    by: str
    at: datetime


def assign(session: Session, holder: str, assigned: Assignment, by: str, now: datetime) -> None:
    """Assign a role or an office; once more only renews name and date."""
    said = {"name": assigned.name, "assigned_by": by, "assigned_at": now}
    statement = insert(session, AssignmentRow).values(holder=holder, kind=assigned.kind, value=assigned.value, **said)
    session.execute(statement.on_conflict_do_update(index_elements=["holder", "kind", "value"], set_=said))


def unassign(session: Session, holder: str, assigned: Assignment) -> bool:
    """Take it back; False when it was not there."""
    key = (AssignmentRow.holder == holder, AssignmentRow.kind == assigned.kind, AssignmentRow.value == assigned.value)
    return session.scalar(delete(AssignmentRow).where(*key).returning(AssignmentRow.holder)) is not None


def disable(session: Session, holder: str, by: str, now: datetime) -> None:
    """Keep a person out from now on; what is open is for the caller to end."""
    statement = insert(session, DisabledRow).values(holder=holder, disabled_by=by, disabled_at=now)
    session.execute(statement.on_conflict_do_nothing())


def enable(session: Session, holder: str) -> bool:
    """Let a person in again; False when nobody kept the person out."""
    statement = delete(DisabledRow).where(DisabledRow.holder == holder).returning(DisabledRow.holder)
    return session.scalar(statement) is not None


def is_disabled(session: Session, holders: Collection[str]) -> bool:
    """Whether a person is kept out under any of these names."""
    return session.scalar(select(DisabledRow.holder).where(DisabledRow.holder.in_(holders)).limit(1)) is not None


def roles(session: Session, holders: Collection[str]) -> frozenset[str]:
    """The local roles that a person holds now."""
    return frozenset(session.scalars(_ROLES, {"holders": list(holders)}))


def offices(session: Session, holders: Collection[str], sub: str, since: datetime) -> list[Office]:
    """The offices that a person may choose: where the journal was since then, the latest first, and assigned ones."""
    names = dict(_assigned_offices(session, holders))
    seen: dict[str, Office] = {}
    rows = select(ContextRow.org_parent, ContextRow.org_child, ContextRow.activated_at).where(
        ContextRow.sub == sub, ContextRow.activated_at >= since
    )
    for parent, child, at in session.execute(rows.order_by(ContextRow.activated_at.desc())):
        office = Organisation(parent, child)
        seen.setdefault(office.label, Office(office, names.get(office.label, ""), at))
    assigned = (Office(_organisation(label), name) for label, name in names.items() if label not in seen)
    return [*seen.values(), *assigned]


def listed(session: Session) -> Iterator[Entry]:
    """Yield every assignment and every disabled person, in order."""
    for row in session.scalars(select(AssignmentRow).order_by(AssignmentRow.holder, AssignmentRow.kind)):
        yield Entry(row.holder, row.kind, row.value, row.name, row.assigned_by, row.assigned_at)
    for gone in session.scalars(select(DisabledRow).order_by(DisabledRow.holder)):
        yield Entry(gone.holder, "disabled", "", "", gone.disabled_by, gone.disabled_at)


def _assigned_offices(session: Session, holders: Collection[str]) -> Iterator[tuple[str, str]]:
    held = (AssignmentRow.holder.in_(holders), AssignmentRow.kind == "office")
    for row in session.scalars(select(AssignmentRow).where(*held).order_by(AssignmentRow.name, AssignmentRow.value)):
        yield row.value, row.name


def _organisation(label: str) -> Organisation:
    parent, _, child = label.partition("/")
    return Organisation(parent, child or None)
