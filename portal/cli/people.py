"""`portal people`: what HelseID cannot know of a person here – local roles, offices – and who is kept out."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pydantic import ValidationError

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.domain.assignment import HOLDER, OfficeAssignment, RoleAssignment
from portal.errors import RequestRejected
from portal.store import assignments, audit, endings

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from portal.cli.parsing import Commands
    from portal.store.assignments import Assignment


def add_to(commands: Commands) -> None:
    """Add `people assign|unassign|disable|enable|list`."""
    below = group(commands, "people", "Local roles and offices, and who may not use the portal.")
    assign = command(below, "assign", _assign, "Give a person a local role, or an office to choose.")
    unassign = command(below, "unassign", _unassign, "Take a role or an office back; it has force at the next click.")
    for parser in (assign, unassign):
        _add_person(parser)
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--role", metavar="ROLE", help="kommuneoverlege, fastlege, vikar …")
        what.add_argument("--office", metavar="PARENT[/CHILD]", help="organisation numbers of legal entity and unit")
        parser.add_argument("--municipality", metavar="NNNN", default="", help="where the role is held")
    assign.add_argument("--name", default="", help="what people call the office")
    _add_person(command(below, "disable", _disable, "Keep a person out, and end at once what is open."))
    _add_person(command(below, "enable", _enable, "Let a person in again."))
    command(below, "list", _list, "Print person, kind, value, name, by whom and when of each, tab-separated.")


def _add_person(parser: ArgumentParser) -> None:
    parser.add_argument("person", metavar="PERSON", help="hpr:NUMBER, or sub:… for who has no HPR number")


def _assign(arguments: Namespace) -> int:
    holder, assigned, now = _holder(arguments), _assigned(arguments), surroundings.now()
    with surroundings.database().write() as session:
        assignments.assign(session, holder, assigned, surroundings.user(), now)
        audit.record(session, surroundings.act(f"{assigned.kind}_assigned", holder, assigned.value))
    print(f"{holder} {assigned.kind} {assigned.value}")
    return 0


def _unassign(arguments: Namespace) -> int:
    holder, assigned = _holder(arguments), _assigned(arguments)
    with surroundings.database().write() as session:
        if not assignments.unassign(session, holder, assigned):
            return _refuse(f"{holder}: {assigned.value} is not assigned")
        audit.record(session, surroundings.act(f"{assigned.kind}_unassigned", holder, assigned.value))
    return 0


def _disable(arguments: Namespace) -> int:
    holder, now = _holder(arguments), surroundings.now()
    with surroundings.database().write() as session:
        assignments.disable(session, holder, surroundings.user(), now)
        ended = endings.of_person(session, holder, now)
        audit.record(session, surroundings.act("person_disabled", holder))
    print(f"{holder} disabled, {ended} sessions ended")
    return 0


def _enable(arguments: Namespace) -> int:
    holder = _holder(arguments)
    with surroundings.database().write() as session:
        if not assignments.enable(session, holder):
            return _refuse(f"{holder}: is not disabled")
        audit.record(session, surroundings.act("person_enabled", holder))
    return 0


def _list(_: Namespace) -> int:
    with surroundings.database().read() as session:
        for entry in assignments.listed(session):
            print(*entry[:-1], entry.at.isoformat(timespec="seconds"), sep="\t")
    return 0


def _holder(arguments: Namespace) -> str:
    if not HOLDER.fullmatch(arguments.person):
        raise RequestRejected("invalid_body", "PERSON is hpr:NUMBER or sub:…")
    return str(arguments.person)


def _assigned(arguments: Namespace) -> Assignment:
    try:
        if arguments.role:
            return RoleAssignment(role=arguments.role, municipality=arguments.municipality)
        name = getattr(arguments, "name", "")
        return OfficeAssignment.model_validate({"parent": arguments.office, "name": name})
    except ValidationError as error:
        faults = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors(include_url=False))
        raise RequestRejected("invalid_body", "\n".join(faults)) from None


def _refuse(why: str) -> int:
    print(why, file=sys.stderr)
    return 1
