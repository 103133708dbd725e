"""Path 4, write-back, as the clinician sees it: what waits for her, what is not yet confirmed, and the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from flask import Blueprint, render_template, request
from flask_babel import lazy_gettext as _

from portal.store import receipts
from portal.web.guards import login, signed_in
from portal.web.parts import parts
from portal.web.receipts import choosing
from portal.web.receipts.line import Line, line

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

    from portal.store.receipts import Shown

blueprint = Blueprint("receipts", __name__)
_LAST = 10_000


class Group(NamedTuple):
    """A heading, and what stands below it."""

    title: str
    lines: tuple[Line, ...]


@blueprint.get("/kvitteringer")
@signed_in
def show() -> ResponseReturnValue:
    """What this person has had sent to journals, fifty at a time, and what her office wants of each service."""
    portal, page = parts(), _page()
    stock = portal.shelf.stock()
    with portal.database.read() as session:
        found = receipts.of_person(session, portal.vault, login().person.sub, page)
    return render_template(
        "receipts.html",
        groups=_groups(found.shown),
        page=page,
        more=found.more,
        office=login().office,
        choices=choosing.choices_of(stock, {shown.delivery.service_id for shown in found.shown}),
    )


def _page() -> int:
    return min(max(request.args.get("side", 1, type=int), 1), _LAST)


def _groups(found: tuple[Shown, ...]) -> tuple[Group, ...]:
    """In the order that they come in; a group that nothing is in has no heading."""
    titles = {service.id: service.title for service in parts().shelf.stock().catalogue.services}
    now = parts().now()
    headed = (
        (_("Skal kopien legges i journalen?"), [shown for shown in found if shown.asks]),
        (_("Ikke bekreftet ennå"), [shown for shown in found if not (shown.asks or shown.done)]),
        (_("Ferdig"), [shown for shown in found if shown.done]),
    )
    return tuple(
        Group(str(title), tuple(line(shown, titles, now) for shown in members)) for title, members in headed if members
    )
