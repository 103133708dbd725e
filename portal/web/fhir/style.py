"""How we look, for targets that want to look like it (SMART App Launch 2.2, SMART App Styling)."""

from __future__ import annotations

import json
from hashlib import sha256

from flask import Blueprint, Response

from portal.web.guards import public
from portal.web.parts import parts

blueprint = Blueprint("style", __name__, url_prefix="/fhir/style")

# Designsystemet's theme, as our pages have it: light, small, accent.
STYLE = {
    "color_background": "#fff",
    "color_error": "#c01b1b",
    "color_highlight": "#0062ba",
    "color_modal_backdrop": "rgba(0,0,0,.5)",
    "color_success": "#068718",
    "color_text": "#292c30",
    "dim_border_radius": "4px",
    "dim_font_size": "16px",
    "dim_spacing_size": "14px",
    "font_family_body": "Inter, system-ui, sans-serif",
    "font_family_heading": "Inter, system-ui, sans-serif",
}
_CONTENT = json.dumps(STYLE)
_PLACE = f"/{sha256(_CONTENT.encode()).hexdigest()[:16]}.json"
"""Another content is at another address, as the standard demands."""


@blueprint.get(_PLACE)
@public
def show() -> Response:
    """Colours, sizes and fonts; whoever has them need not ask again."""
    response = Response(_CONTENT, mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    # A target's own page may read it (Fetch §3.2.3).
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def url() -> str:
    """Where the style is: `smart_style_url` of a launch."""
    return f"{parts().settings.base_url}{blueprint.url_prefix}{_PLACE}"
