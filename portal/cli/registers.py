"""`portal epj` and `portal clients`: one operator proposes a registration, another approves it; both are audited."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from pydantic import ValidationError

from portal.cli import surroundings
from portal.cli.parsing import command, group
from portal.domain.client_registration import Client
from portal.domain.registration import Epj
from portal.errors import RequestRejected
from portal.store import audit, registry

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable

    from portal.cli.parsing import Commands
    from portal.domain.audit import AuditEvent

Registered = TypeVar("Registered", Epj, Client)


@dataclass(frozen=True)
class _Register(Generic[Registered]):
    """One register's commands; the two differ in what is kept, not in how."""

    kind: str
    model: type[Registered]
    id_of: Callable[[Registered], str]
    propose: Callable[..., None]
    approve: Callable[..., Registered | None]
    disable: Callable[..., bool]
    entries: Callable[..., list[registry.Entry]]

    def add_to(self, commands: Commands, name: str, summary: str) -> None:
        below = group(commands, name, summary)
        add = command(
            below, "add", self._add, "Propose a registration or a change; it has no force until another user approves."
        )
        add.add_argument("file", type=Path, metavar="FILE.json")
        approve = command(below, "approve", self._approve, "Put in force what another user has proposed.")
        approve.add_argument("id", metavar="ID")
        disable = command(below, "disable", self._disable, "Take a registration out of force at once.")
        disable.add_argument("id", metavar="ID")
        told = "Print id, state, proposer, approver, and who has a change waiting, of each, tab-separated."
        command(below, "list", self._list, told)

    def _add(self, arguments: Namespace) -> int:
        registered = self._read(arguments.file)
        _refuse_secrets(registered)
        with surroundings.database().write() as session:
            self.propose(session, registered, surroundings.user())
            audit.record(session, self._act("proposed", self.id_of(registered), _digest(registered)))
        print(f"{self.id_of(registered)} proposed, {_digest(registered)}")
        return 0

    def _approve(self, arguments: Namespace) -> int:
        with surroundings.database().write() as session:
            registered = self.approve(session, arguments.id, surroundings.user())
            if registered is None:
                return self._refuse(arguments.id, "nothing is proposed under this id")
            audit.record(session, self._act("approved", arguments.id, _digest(registered)))
        print(registered.model_dump_json(indent=2))
        print(f"{arguments.id} enabled, {_digest(registered)}")
        return 0

    def _disable(self, arguments: Namespace) -> int:
        with surroundings.database().write() as session:
            if not self.disable(session, arguments.id):
                return self._refuse(arguments.id, "there is no such id")
            audit.record(session, self._act("disabled", arguments.id))
        print(f"{arguments.id} disabled")
        return 0

    def _list(self, _: Namespace) -> int:
        with surroundings.database().read() as session:
            for entry in self.entries(session):
                people = (entry.proposed_by, entry.approved_by or "", entry.change or "")
                print(entry.id, entry.state, *people, sep="\t")
        return 0

    def _read(self, path: Path) -> Registered:
        try:
            return self.model.model_validate_json(path.read_bytes())
        except ValidationError as error:
            faults = error.errors(include_url=False, include_context=False, include_input=False)
            lines = (f"{path}: {'.'.join(map(str, fault['loc'])) or 'file'}: {fault['msg']}" for fault in faults)
            raise RequestRejected("invalid_body", "\n".join(lines)) from None

    def _act(self, done: str, registered_id: str, basis: str = "") -> AuditEvent:
        return surroundings.act(f"{self.kind}_{done}", f"{self.kind} {registered_id}", basis)

    def _refuse(self, registered_id: str, why: str) -> int:
        print(f"{registered_id}: {why}", file=sys.stderr)
        return 1


def add_to(commands: Commands) -> None:
    """Add `epj` and `clients`."""
    _EPJS.add_to(commands, "epj", "Journal systems that may open contexts.")
    _CLIENTS.add_to(commands, "clients", "Target portals that may get a context.")


def _refuse_secrets(registered: Epj | Client) -> None:
    weak = isinstance(registered, Client) and not registered.proves_itself
    if weak and not surroundings.settings().takes_secrets:
        raise RequestRejected("invalid_body", "authentication: must be private_key_jwt outside the sandbox")


def _digest(registered: Epj | Client) -> str:
    """What was proposed and what was approved can be seen to be the same."""
    return f"sha256 {sha256(registered.model_dump_json().encode()).hexdigest()}"


_EPJS = _Register(
    kind="epj",
    model=Epj,
    id_of=lambda epj: epj.id,
    propose=registry.propose_epj,
    approve=registry.approve_epj,
    disable=registry.disable_epj,
    entries=registry.list_epjs,
)
_CLIENTS = _Register(
    kind="client",
    model=Client,
    id_of=lambda client: client.client_id,
    propose=registry.propose_client,
    approve=registry.approve_client,
    disable=registry.disable_client,
    entries=registry.list_clients,
)
