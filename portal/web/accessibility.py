"""The accessibility statement: a draft made from what the browser tests measured on every page."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from flask import Blueprint, render_template
from flask_babel import format_date

from portal.domain.accessibility import Measured
from portal.web.guards import public

blueprint = Blueprint("accessibility", __name__)
RESULT = Path(__file__).with_name("accessibility.json")
"""Written by `make e2e`, and shipped."""


@blueprint.get("/tilgjengelighet")
@public
def show() -> str:
    """What was tried and found, what nobody has tried yet, and where to say so."""
    found = measured()
    return render_template("accessibility.html", measured=found, day=format_date(found.day, "d. MMMM y"))


@cache
def measured() -> Measured:
    """The result that ships with this version."""
    return Measured.model_validate_json(RESULT.read_bytes())
