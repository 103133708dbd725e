"""What every page knows: who is signed in, which network, which language; and the dates of its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flask import Flask, request
from flask_login import current_user

from portal.errors import Unavailable
from portal.store import receipts
from portal.web import language
from portal.web.guards import login
from portal.web.parts import parts
from portal.web.zone import zone

if TYPE_CHECKING:
    from portal.domain.identity import Organisation


@dataclass(frozen=True)
class SignedIn:
    """Shared workstations are normal: name and office stand on every page behind the login.

    `idle` and `ends` are the seconds that the session lives, without activity and at most; `asked` is how many reports
    wait for the person's word.
    """

    name: str
    office: str | None
    idle: int
    ends: int
    asked: int = 0


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
        with parts().database.read() as session:
            asked = receipts.waiting(session, login().person.sub)
    except Unavailable:
        # The page that says so must not fail for the same reason.
        return None
    who, portal = login(), parts()
    idle, ends = portal.settings.lifetimes.session_idle, who.expires_at - portal.now()
    office = office_of(who.organisation)
    return SignedIn(who.person.name, office, int(idle.total_seconds()), int(ends.total_seconds()), asked)


def office_of(organisation: Organisation | None) -> str | None:
    """The unit's number, or the legal entity's; None while no office is known."""
    return organisation.child or organisation.parent if organisation else None
