"""What every page knows: who is signed in, which network, which language; and the dates of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from flask_login import current_user

from portal.errors import Unavailable
from portal.web import language
from portal.web.guards import login
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from portal.domain.identity import Organisation


@dataclass(frozen=True)
class SignedIn:
    """Shared workstations are normal: name and office stand on every page behind the login.

    `idle` and `ends` are the seconds that the session lives, without activity and at most.
    """

    name: str
    office: str | None
    idle: int
    ends: int


def init(app: Flask) -> None:
    """Give these to every template."""
    app.context_processor(_known)


def _known() -> dict[str, Any]:
    return {
        "zone": zone(),
        "environment": parts().settings.environment,
        "contact": parts().settings.contact,
        "signed_in": _signed_in(),
        "languages": language.links(request.path),
        "path": request.path,
        "warned": "person" in request.args,
    }


def _signed_in() -> SignedIn | None:
    try:
        if not current_user.is_authenticated:
            return None
    except Unavailable:
        # The page that says so must not fail for the same reason.
        return None
    who, portal = login(), parts()
    idle, ends = portal.settings.lifetimes.session_idle, who.expires_at - portal.now()
    return SignedIn(who.person.name, office_of(who.organisation), int(idle.total_seconds()), int(ends.total_seconds()))


def office_of(organisation: Organisation | None) -> str | None:
    """The unit's number, or the legal entity's; None while no office is known."""
    return organisation.child or organisation.parent if organisation else None
