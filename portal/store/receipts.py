"""Deliveries as their clinician sees them: what became of each, and the clinician's own tick."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import case, func, or_, select, update

from portal.domain.delivery import State
from portal.domain.receipt import ReceiptError
from portal.store import chains, contexts, documents, outbox, wishes
from portal.store.tables.journal import DeliveryRow, DocumentRow
from portal.store.tables.launches import LaunchRow
from portal.store.tables.registers import EpjRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from typing import Any

    from sqlalchemy import Select
    from sqlalchemy.orm import Session

    from portal.domain.context import Context
    from portal.store.documents import History
    from portal.store.outbox import Delivery
    from portal.store.vault import Vault

_DONE = or_(DeliveryRow.state.in_({State.COMPLETED, State.CANCELLED}), DeliveryRow.filed_at.is_not(None))
_FAILED = {State.REJECTED_TRANSPORT, State.REJECTED_APPREC, State.OVERDUE}


@dataclass(frozen=True)
class Shown:
    """A Delivery as its clinician sees it; title and context are None when they are no longer kept.

    `asks` is whether it waits for the clinician's word, `overtaken` whether a later document of its chain of
    corrections may have been sent.
    """

    delivery: Delivery
    title: str | None
    context: Context | None
    filed: bool
    files_by_itself: bool
    errors: tuple[ReceiptError, ...]
    history: History
    asks: bool
    overtaken: bool

    @property
    def kept(self) -> bool:
        """Whether there still is something to send, or to download."""
        return self.title is not None and self.context is not None

    @property
    def done(self) -> bool:
        """Whether the journal has it, or its clinician did not want it there."""
        return self.filed or self.delivery.state in {State.COMPLETED, State.CANCELLED}


class Page(NamedTuple):
    """A part of a list, and whether there is more of it."""

    shown: tuple[Shown, ...]
    more: bool


def of_person(session: Session, vault: Vault, sub: str, page: int = 1, size: int = 50) -> Page:
    """A clinician's deliveries: what waits for an answer first, then the unconfirmed, the newest of each first.

    As many queries for one as for `size`; pages count from 1. Of several messages with one document the newest stands
    for it.
    """
    rank = case((wishes.asks(), 0), (_DONE, 2), else_=1)
    rows = session.execute(
        _of(sub)
        .order_by(rank, DocumentRow.accepted_at.desc(), DeliveryRow.id)
        .limit(size + 1)
        .offset((page - 1) * size)
    ).all()
    return Page(_shown(session, vault, rows[:size]), more=len(rows) > size)


def one(session: Session, vault: Vault, delivery_id: str, sub: str) -> Shown | None:
    """One Delivery, if it is this person's and no later message has taken its place."""
    rows = session.execute(_of(sub).where(DeliveryRow.id == delivery_id)).all()
    return next(iter(_shown(session, vault, rows)), None)


def waiting(session: Session, sub: str) -> int:
    """How many deliveries wait for this person's word."""
    joined = select(func.count()).select_from(DeliveryRow).join(DocumentRow, DocumentRow.id == DeliveryRow.document_id)
    mine = joined.join(LaunchRow, LaunchRow.id == DocumentRow.launch_id).where(LaunchRow.sub == sub)
    return session.scalar(mine.where(wishes.asks())) or 0


def file_by_hand(session: Session, delivery_id: str, sub: str, now: datetime) -> bool:
    """Note the clinician's tick *i journalen*, the first one; False when the Delivery is not hers."""
    hers = select(DocumentRow.id).join(LaunchRow, LaunchRow.id == DocumentRow.launch_id).where(LaunchRow.sub == sub)
    mine = (DeliveryRow.id == delivery_id, DeliveryRow.document_id.in_(hers))
    first = func.coalesce(DeliveryRow.filed_at, now)
    return session.scalar(update(DeliveryRow).where(*mine).values(filed_at=first).returning(DeliveryRow.id)) is not None


def _of(sub: str) -> Select[Any]:
    joined = outbox.joined().add_columns(EpjRow.registration).join(EpjRow, EpjRow.id == DeliveryRow.epj_id)
    return joined.where(LaunchRow.sub == sub, outbox.newest())


def _shown(session: Session, vault: Vault, rows: Sequence[Any]) -> tuple[Shown, ...]:
    histories = documents.histories(session, [row.id for row, *_ in rows])
    may_go_on = [document.id for row, _, _, document, _ in rows if row.state in _FAILED or _asks(row)]
    overtaken = chains.overtaken(session, may_go_on)
    return tuple(
        Shown(
            delivery=outbox.of_row(row, launch, context, document),
            title=documents.title_of(document, vault),
            context=contexts.of_row(context, vault),
            filed=row.filed_at is not None,
            files_by_itself=bool(registration.get("files_by_itself")),
            errors=_errors(row, vault),
            history=histories[row.id],
            asks=_asks(row),
            overtaken=document.id in overtaken,
        )
        for row, launch, context, document, registration in rows
    )


def _asks(row: DeliveryRow) -> bool:
    return row.state == State.QUEUED and row.due_at is None


def _errors(delivery: DeliveryRow, vault: Vault) -> tuple[ReceiptError, ...]:
    told = vault.open(delivery.sealed_errors, outbox.ERRORS) if delivery.sealed_errors else None
    return tuple(ReceiptError(code, text) for code, text in told or ())
