"""What an access token opens: scopes, and the audiences that they belong to (RFC 8707)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from portal.demo.helseid.par import TargetRefused
from portal.demo.helseid.scopes import OWN
from portal.errors import OAuthError

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client
    from portal.demo.helseid.memory import Grant


@dataclass(frozen=True)
class Reach:
    """What one access token opens."""

    scopes: tuple[str, ...]
    audiences: tuple[str, ...]


def narrow(client: Client, grant: Grant | None, scope: str | None, resources: tuple[str, ...]) -> Reach:
    """Return what this request asks for within the grant; raises OAuthError when it asks for more (§2.2).

    Without a grant the client asks for itself, and gets none but its APIs' scopes.
    """
    granted = grant.request.scopes if grant else tuple(sorted(client.api_scopes))
    wanted = tuple(scope.split()) if scope else granted
    if not wanted or set(wanted) - set(granted):
        raise OAuthError("invalid_scope")
    audiences = (grant.request.resources or client.audiences(granted)) if grant else client.audiences(wanted)
    if set(resources) - set(audiences):
        raise TargetRefused("invalid_target")
    chosen = resources or audiences
    open_scopes = OWN.union(*(client.apis[audience] for audience in chosen))
    return Reach(tuple(s for s in wanted if s in open_scopes), chosen)
