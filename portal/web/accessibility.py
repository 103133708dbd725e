"""The accessibility statement, as a draft made from what was measured on every page."""

from __future__ import annotations

from flask import Blueprint, render_template

from portal.web.guards import public

blueprint = Blueprint("accessibility", __name__)


@blueprint.get("/tilgjengelighet")
@public
def show() -> str:
    """The statement."""
    return render_template("accessibility.html")
