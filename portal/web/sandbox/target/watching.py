"""What targets do is noted, and faults that were ordered are given."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from flask import request

from portal.errors import Unavailable
from portal.store import sandbox_targets, target_observations
from portal.web.parts import EXTENSION, parts
from portal.web.sandbox.target import answers, faults
from portal.web.sandbox.target.facts import facts_of
from portal.web.sandbox.target.named import named
from portal.web.sandbox.target.shelf import SandboxShelf

if TYPE_CHECKING:
    from flask import Flask, Response

log = logging.getLogger(__name__)


def init(app: Flask) -> None:
    """Watch, and offer what owners have registered; called where there is a sandbox, and nowhere else."""
    portal = app.extensions[EXTENSION]
    shelf = SandboxShelf(portal.database, portal.now, portal.settings.lifetimes.launch)
    app.extensions[EXTENSION] = replace(portal, shelf=shelf)
    app.before_request(faults.before)
    app.after_request(_note)
    app.after_request(_publish)


def _note(response: Response) -> Response:
    """Note what a target did; when the database is away nothing is noted, and the answer is what it was."""
    portal = parts()
    try:
        if who := named():
            faults.after(who, response)
            facts = facts_of(who, response)
            with portal.database.write() as session:
                target_observations.note(session, who.client_id, who.event, facts, portal.now())
                sandbox_targets.touch(session, who.client_id, portal.now())
    except Unavailable:
        log.warning("what a target did was not noted")
    return response


def _publish(response: Response) -> Response:
    if request.endpoint == "metadata.keys" and response.status_code == 200:  # noqa: PLR2004  RFC 9110's number
        try:
            answers.publish(response, faults.rotations())
        except Unavailable:
            log.warning("no new key was published")
    return response
