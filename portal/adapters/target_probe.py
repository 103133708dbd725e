"""Visits a target's launch address as a browser would, with launches that no portal made; each once."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from portal.adapters.visitor import MOST, Visitor
from portal.domain.conformance.smart_server import may_be_asked
from portal.domain.conformance.target.launch_url import Tried
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from portal.domain.conformance.target.launch_url import Step

# RFC 2606 §2: nobody is ever there.
_FOREIGN = "https://fremmed.invalid"


def probe(launch_url: str, fhir_issuer: str, token: Callable[[], str]) -> Tried:
    """Visit a launch address, https or loopback; `fhir_issuer` is the `iss` that the target trusts.

    Only the target and that portal are asked, whatever address is named on the way. Raises UpstreamError
    egress_refused when either is no such address.
    """
    issuer = fhir_issuer.removesuffix("/fhir")
    if not may_be_asked(launch_url, launch_url) or not may_be_asked(issuer, launch_url):
        raise UpstreamError("egress_refused", "target and --issuer must be https, or http on loopback", retryable=False)
    near = _origin(launch_url)

    def visit(url: str, **query: str) -> Sequence[Step]:
        visitor = Visitor(launch_url)
        return visitor.follow(visitor.get(url, query), lambda to: to.startswith((f"{near}/", f"{issuer}/oauth/")))

    tried = Tried(
        issuer=issuer,
        foreign=_FOREIGN,
        most=MOST,
        launch=visit(launch_url, iss=fhir_issuer, launch=token()),
        foreign_issuer=visit(launch_url, iss=f"{_FOREIGN}/fhir", launch=token()),
        without_launch=visit(launch_url, iss=fhir_issuer),
    )
    if tried.callback is None:
        return tried
    return replace(tried, unknown_state=visit(tried.callback, code=token(), state=token(), iss=issuer))


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
