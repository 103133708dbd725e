"""Where journal systems and targets are tried, what they do is noted, and faults that were ordered are given."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from flask import g

from portal.errors import PortalError, Unavailable
from portal.store import observations
from portal.web import errors
from portal.web.parts import EXTENSION, parts
from portal.web.sandbox import faults
from portal.web.sandbox.facts import facts_of
from portal.web.sandbox.named import named
from portal.web.sandbox.target import watching as target

if TYPE_CHECKING:
    from flask import Flask, Response
    from flask.typing import ResponseReturnValue

log = logging.getLogger(__name__)


def init(app: Flask) -> None:
    """Watch, in a sandbox or a demo; anywhere else this does nothing at all. Comes after `errors.init`."""
    if not app.extensions[EXTENSION].settings.watches_epjs:
        return
    app.before_request(faults.strike)
    app.after_request(_note)
    app.register_error_handler(PortalError, _refused)
    target.init(app)


def _refused(error: PortalError) -> ResponseReturnValue:
    """Answer as everywhere, and keep what was refused until it is noted."""
    g.refused = error
    return errors.answer(error)


def _note(response: Response) -> Response:
    """Note what an EPJ did; when the database is away nothing is noted, and the answer is what it was."""
    portal = parts()
    try:
        if who := named():
            facts = facts_of(who, response)
            with portal.database.write() as session:
                observations.note(session, who.epj_id, who.event, facts, portal.now())
    except Unavailable:
        log.warning("what an EPJ did was not noted")
    return response
