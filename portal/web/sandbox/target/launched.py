"""Spoiling a launch that is on its way: what its target finds is what a real one would find."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.domain.conformance.target.observed import Fault
from portal.store import launches, sandbox_targets
from portal.web import once
from portal.web.parts import parts
from portal.web.sandbox.target.named import found

if TYPE_CHECKING:
    from collections.abc import Callable

_NOBODY_S = "sandbox"
"""Neither a client nor a login has this name."""


def spoil(fault: Fault, handle: str, client_id: str) -> None:
    """Let a launch be too old, used, another client's, or begun in another browser."""
    _SPOILS[fault](handle, client_id)


def _expire(handle: str, client_id: str) -> None:
    portal = parts()
    lives = portal.settings.lifetimes
    with portal.database.write() as session:
        made = portal.now() - max(lives.launch, lives.launch_context)
        sandbox_targets.let_expire(session, found("launch", handle, client_id), made)


def _use(handle: str, client_id: str) -> None:
    once.spend("launch", handle, client=client_id)


def _give_away(handle: str, client_id: str) -> None:
    launch_id = once.spend("launch", handle, client=client_id)
    once.remember("launch", handle, launch_id, parts().settings.lifetimes.parked, client=_NOBODY_S)


def _move(handle: str, client_id: str) -> None:
    with parts().database.write() as session:
        launches.take(session, found("launch", handle, client_id), _NOBODY_S)


_SPOILS: dict[Fault, Callable[[str, str], None]] = {
    Fault.EXPIRED: _expire,
    Fault.REPLAYED: _use,
    Fault.OTHER_CLIENT: _give_away,
    Fault.PARKED: _move,
}
SPOILED = tuple(_SPOILS)
