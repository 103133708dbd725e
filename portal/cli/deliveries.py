"""`portal deliveries`: what is on its way to the journals, and sending it again, which takes two operators."""

from __future__ import annotations

import re
import sys
from argparse import ArgumentTypeError
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from portal.cli import delivery_details, quarantine, surroundings
from portal.cli.parsing import command, group
from portal.domain.delivery import State
from portal.domain.rerun import FOR_OPERATOR
from portal.errors import NotAllowed, RequestRejected
from portal.store import audit, outbox, reruns
from portal.store.reruns import Which

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable

    from portal.cli.parsing import Commands
    from portal.domain.audit import AuditEvent
    from portal.domain.rerun import Hindrance
    from portal.store.database import Session
    from portal.store.outbox import Delivery

    Act = Callable[[Session, Delivery], Hindrance | None]

_AGE = re.compile(r"([1-9][0-9]{0,3})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_RETRYABLE = frozenset({State.REJECTED_TRANSPORT, State.OVERDUE, State.INVALID})


def add_to(commands: Commands) -> None:
    """Add `deliveries list|show|retry|approve` and `deliveries quarantine`."""
    below = group(commands, "deliveries", "Reports on their way to the journals.")
    said = "Print id, state, code, service, epj, attempts, accepted, changed and who proposes a retry, tab-separated."
    _add_filters(command(below, "list", _list, f"{said} Without --state, all that are not done."))
    show = command(
        below,
        "show",
        delivery_details.show,
        "Print all that is known of one but its patient and text, and its history.",
    )
    show.add_argument("id", metavar="ID", help="one that begins with a dash stands behind --")
    retry = command(below, "retry", _retry, "Propose to send the same message again; another user has to approve.")
    retry.add_argument("ids", metavar="ID", nargs="*", help="or filters: every one that they find")
    _add_filters(retry)
    approve = command(below, "approve", _approve, "Send again what another user has proposed.")
    approve.add_argument("ids", metavar="ID", nargs="*")
    approve.add_argument("--all", action="store_true", help="everything that others have proposed")
    quarantine.add_to(below)


def _add_filters(parser: ArgumentParser) -> None:
    parser.add_argument("--state", action="append", choices=[str(state) for state in State], default=[])
    parser.add_argument("--service", metavar="SERVICE")
    parser.add_argument("--epj", metavar="EPJ")
    parser.add_argument("--code", metavar="CODE", help="of the latest step: T02, upstream_refused …")
    parser.add_argument("--older-than", metavar="AGE", type=_age, help="accepted so long ago: 30m, 4h, 3d")


def _list(arguments: Namespace) -> int:
    with surroundings.database().read() as session:
        for one in reruns.listed(session, _which(arguments)):
            when = map(delivery_details.written, (one.accepted_at, one.changed_at))
            where = (one.service_id, one.epj_id, one.attempts)
            print(one.id, one.state, one.code, *where, *when, one.retry_by or "", sep="\t")
    return 0


def _retry(arguments: Namespace) -> int:
    which = _which(arguments)
    if bool(arguments.ids) == which.narrows():
        raise RequestRejected("invalid_body", "name deliveries, or say by --state, --epj, --code … which")

    def propose(session: Session, delivery: Delivery) -> Hindrance | None:
        return reruns.propose(session, delivery, surroundings.user())

    with surroundings.database().write() as session:
        which = which if which.states else replace(which, states=_RETRYABLE)
        ids = arguments.ids or [one.id for one in reruns.listed(session, which)]
        return _each(session, ids, propose, "retry_proposed")


def _approve(arguments: Namespace) -> int:
    if bool(arguments.ids) == arguments.all:
        raise RequestRejected("invalid_body", "name deliveries, or --all")

    def approve(session: Session, delivery: Delivery) -> Hindrance | None:
        return reruns.approve(session, delivery, surroundings.user(), surroundings.now())

    with surroundings.database().write() as session:
        return _each(session, arguments.ids or reruns.proposed(session), approve, "retry_approved")


def _each(session: Session, ids: Iterable[str], act: Act, done: str) -> int:
    """Do it to each that may be; the others are told why not, and make the exit status 1."""
    status = 0
    for delivery_id in dict.fromkeys(ids):
        why_not = _why_not(session, delivery_id, act, done)
        print(f"{delivery_id}: {why_not}" if why_not else f"{delivery_id} {done}", file=sys.stderr if why_not else None)
        status = 1 if why_not else status
    return status


def _why_not(session: Session, delivery_id: str, act: Act, done: str) -> str | None:
    delivery = outbox.find(session, delivery_id)
    if delivery is None:
        return "there is no such delivery"
    try:
        hindrance = act(session, delivery)
    except NotAllowed as error:
        return error.code
    if hindrance:
        return FOR_OPERATOR[hindrance]
    audit.record(session, _act(f"delivery_{done}", delivery))
    return None


def _act(action: str, delivery: Delivery) -> AuditEvent:
    basis = f"launch {delivery.launch_id}"
    return replace(surroundings.act(action, f"delivery {delivery.id}", basis), patient_ref=delivery.patient_ref)


def _which(arguments: Namespace) -> Which:
    older = arguments.older_than
    return Which(
        states=frozenset(map(State, arguments.state)),
        service_id=arguments.service,
        epj_id=arguments.epj,
        code=arguments.code,
        accepted_before=surroundings.now() - older if older else None,
    )


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise ArgumentTypeError("must be a number of minutes, hours or days: 30m, 4h, 3d")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
