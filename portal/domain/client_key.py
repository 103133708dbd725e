"""A key of ours at HelseID, from made to forgotten: what HelseID does not know of never signs."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeAlias

from portal.domain import dpop

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

PrivateJwk: TypeAlias = "Mapping[str, str]"
"""An EC or RSA key that can sign, with `kid` and `alg` (RFC 7517)."""


class State(StrEnum):
    """Where a key is in its life."""

    PENDING = "pending"
    """Made; nobody knows it but us."""
    REGISTERED = "registered"
    """HelseID says that it has it."""
    PROBED = "probed"
    """HelseID has accepted a request that it signed."""
    ACTIVE = "active"
    """It signs for us; one does at a time."""
    RETIRED = "retired"
    """It signs no more; what was bound to it while it was active may still be proved with it."""

    def may_become(self, state: State) -> bool:
        """Whether `state` may come next: a step of the way, or out of use."""
        return state in _NEXT[self]


_NEXT: dict[State, set[State]] = {
    State.PENDING: {State.REGISTERED, State.RETIRED},
    State.REGISTERED: {State.PROBED, State.RETIRED},
    State.PROBED: {State.ACTIVE, State.RETIRED},
    State.ACTIVE: {State.RETIRED},
    State.RETIRED: set(),
}
_PROVING = {State.ACTIVE, State.RETIRED}


@dataclass(frozen=True)
class ClientKey:
    """What may be told of a key; `expires_at` is HelseID's word, where it gave one."""

    kid: str
    public: Mapping[str, Any]
    state: State
    made_by: str
    changed_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Ring:
    """Private JWKs: the one that signs, and by thumbprint (RFC 7638) all that may make DPoP proofs."""

    active: PrivateJwk = field(repr=False)
    proving: Mapping[str, PrivateJwk] = field(repr=False)


def ring_of(first: PrivateJwk, kept: Iterable[tuple[State, PrivateJwk]] = ()) -> Ring:
    """The ring of the `first` key, which signs until one of the `kept` is active, and may always make proofs."""
    usable = [(state, key) for state, key in kept if state in _PROVING]
    active = next((key for state, key in usable if state is State.ACTIVE), first)
    return Ring(active, {dpop.thumbprint(key): key for key in (first, *(key for _, key in usable))})


def public_half(key: Mapping[str, Any]) -> dict[str, Any]:
    """What is registered of a private JWK."""
    return dpop.public_members(key) | {name: key[name] for name in ("kid", "alg", "use") if name in key}
