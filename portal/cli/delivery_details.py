"""`portal deliveries show`: one Delivery, but for its patient and its text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.cli import surroundings
from portal.errors import NotFound
from portal.store import rerun_details
from portal.store.database import Database
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime

    from portal.store.rerun_details import Details


def show(arguments: Namespace) -> int:
    """Print a line for each thing that is known, then one for each step of the history, tab-separated."""
    settings = surroundings.settings()
    with Database(settings.database_url).read() as session:
        details = rerun_details.of(session, vault_of(settings), arguments.id)
    if details is None:
        raise NotFound("document_unknown", f"{arguments.id}: there is no such delivery")
    for name, value in _lines(details).items():
        print(name, _one_line(value or ""), sep="\t")
    for at, state, code in details.history:
        print(written(at), state, code, sep="\t")
    return 0


def written(instant: datetime | None) -> str:
    """A time as every list has it; nothing for none."""
    return instant.isoformat(timespec="seconds") if instant else ""


def _lines(details: Details) -> dict[str, str | None]:
    delivery = details.delivery
    return {
        "id": delivery.id,
        "state": delivery.state,
        "service": delivery.service_id,
        "epj": delivery.epj_id,
        "launch": delivery.launch_id,
        "msg_id": delivery.msg_id,
        "transport": details.transport,
        "reference": delivery.reference,
        "receiver_her_id": details.her_id,
        "attempts": f"{delivery.attempts}, {delivery.tries} of this round",
        "accepted": written(delivery.accepted_at),
        "sent": written(delivery.sent_at),
        "settled": written(details.settled_at),
        "next": written(delivery.due_at),
        "receipt": " ".join(filter(None, (delivery.apprec_status, *details.codes))),
        "filed": written(details.filed_at),
        "content": "kept" if details.kept else "no longer kept",
        "replaces": details.replaces,
        "replaced_by": details.replaced_by,
        "retry_proposed_by": details.retry_by,
    }


def _one_line(value: str) -> str:
    """What a transport calls a message is its own choice: on a terminal it must not be more than a word."""
    return "".join(letter if letter.isprintable() else "?" for letter in value)
