"""Which network this request came in by: the socket that accepted it, never a header and never a claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import g, request

from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from portal.settings import Zone


def zone() -> str:
    """`helsenett` or `internett`; at publish the page says which one it is rendered for, as no socket does."""
    return str(g.zone) if "zone" in g else parts().zone_of(request.environ)


def by_socket(listen: Mapping[Zone, str]) -> Callable[[Mapping[str, Any]], str]:
    """Tell the zone from gunicorn's listening socket; `listen` is zone -> `unix:/path` or `host:port`.

    With one listener there is one zone, whatever serves it. Raises KeyError for a socket that nobody configured.
    """
    zones = {address.removeprefix("unix:"): name for name, address in listen.items()}
    only = next(iter(listen)) if len(listen) == 1 else None

    def zone_of(environ: Mapping[str, Any]) -> str:
        if only:
            return only
        name = environ["gunicorn.socket"].getsockname()
        return zones[name if isinstance(name, str) else f"{name[0]}:{name[1]}"]

    return zone_of
