"""`portal notices`: what an owner without a client of its own says of its service's stops, by an operator's hand."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from pydantic import ValidationError

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.domain.service_parts import Stop
from portal.domain.translated import InEveryLanguage
from portal.errors import RequestRejected
from portal.store import audit, notices
from portal.store import catalogue as store
from portal.store.notices import Notice

if TYPE_CHECKING:
    from argparse import Namespace
    from datetime import datetime

    from portal.cli.parsing import Commands
    from portal.domain.audit import AuditEvent
    from portal.store.database import Session

_LANGUAGES = ("nb", "nn", "en")


def add_to(commands: Commands) -> None:
    """Add `notices post`, `list` and `end`."""
    below = group(commands, "notices", "Planned stops and faults, shown to those who see the service.")
    post = command(below, "post", _post, "Tell of a stop until its planned end; prints its id.")
    post.add_argument("service", metavar="SERVICE")
    post.add_argument("--kind", choices=("planned", "fault"), required=True)
    post.add_argument("--from", dest="begins", metavar="TIME", help="2026-11-20T22:00:00+01:00; without it, now")
    post.add_argument("--to", dest="ends", required=True, metavar="TIME", help="the planned end")
    for code in _LANGUAGES:
        post.add_argument(f"--{code}", required=True, metavar="TEXT", help=f"what to say, in {code}")
    command(below, "list", _list, "Every notice that is still kept, the latest first.")
    end = command(below, "end", _end, "Take a notice down before its planned end.")
    end.add_argument("service", metavar="SERVICE")
    end.add_argument("id", metavar="ID")


def _post(arguments: Namespace) -> int:
    notice = Notice(arguments.service, str(uuid4()), _stop(arguments), posted_by=f"operator {surroundings.user()}")
    with surroundings.database().write() as session:
        _demand_service(session, notice.service_id)
        notices.post(session, notice)
        audit.record(session, _act("notice_posted", notice.service_id, notice.id))
    print(notice.id)
    return 0


def _stop(arguments: Namespace) -> Stop:
    said = {code: getattr(arguments, code) for code in _LANGUAGES}
    begins = arguments.begins or surroundings.now().isoformat()
    try:
        message = InEveryLanguage.model_validate(said)
        return Stop.model_validate(
            {"kind": arguments.kind, "from": begins, "to": arguments.ends, "message": message.model_dump()}
        )
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_input=False))
        raise RequestRejected("invalid_body", "\n".join(faults)) from None


def _demand_service(session: Session, service_id: str) -> None:
    _, catalogue = store.stored(session, None)
    catalogue.service(service_id)


def _list(_arguments: Namespace) -> int:
    with surroundings.database().read() as session:
        for notice in notices.listed(session):
            stop, ended = notice.stop, " ended" if notice.ended_at else ""
            times = f"{_written(stop.begins)} - {_written(stop.ends)}"
            print(f"{notice.service_id} {notice.id} {stop.kind} {times}{ended}: {stop.message.nb} ({notice.posted_by})")
    return 0


def _written(instant: datetime) -> str:
    return instant.isoformat(timespec="minutes")


def _end(arguments: Namespace) -> int:
    with surroundings.database().write() as session:
        if not notices.end(session, arguments.service, arguments.id, surroundings.now()):
            raise RequestRejected("invalid_body", "no such notice is up")
        audit.record(session, _act("notice_ended", arguments.service, arguments.id))
    return 0


def _act(action: str, service_id: str, notice_id: str) -> AuditEvent:
    return surroundings.act(action, f"notice {notice_id}", f"service {service_id}")
