"""What an open page asks about its patient every other second: is it still this one, and still open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import Blueprint, jsonify, request

from portal.errors import NotFound
from portal.store import contexts
from portal.web import banner
from portal.web.guards import login, signed_in
from portal.web.parts import parts
from portal.web.sessions import passive

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

blueprint = Blueprint("tabs", __name__)


@blueprint.get("/k/<context_id>/state")
@passive
@signed_in
def state(context_id: str) -> ResponseReturnValue:
    """Say whether the journal has a newer patient open, whether this one is still open here, and until when.

    Nothing of any patient is in the answer, which changes seldom: it has an ETag (RFC 9110 §13.1.2). Asking is no
    activity. Anybody else's context does not exist, an own one that is over is said to be so.
    """
    portal = parts()
    with portal.database.read() as session:
        context = contexts.find(session, portal.vault, context_id)
        if context is None or context.sub != login().person.sub or context.activated_at is None:
            raise NotFound("context_unknown")
        live = context.is_live(portal.now())
        newer = live and not contexts.is_newest(session, context_id)
    response = jsonify({"newer": newer, "live": live, "until": banner.clock(context.expires_at)})
    response.headers["Cache-Control"] = "private, no-cache"
    response.add_etag()
    return response.make_conditional(request)
