"""The catalogue for machines: its public entries, and the schema that a catalogue file is written to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, get_args

from flask import Blueprint

from portal.domain.catalogue import Catalogue
from portal.domain.public_catalogue import public_catalogue
from portal.domain.service_parts import Zone
from portal.web.guards import public
from portal.web.parts import parts
from portal.web.public import as_made, decided, pages, sent

if TYPE_CHECKING:
    from flask import Response

    from portal.domain.stock import Stock

blueprint = Blueprint("catalogue_api", __name__)


@blueprint.get("/api/catalogue/public")
@public
def show() -> Response:
    """Every public entry, in three languages and for both networks; it stands when the database does not."""
    return _for_all(sent(pages().made("api", _document, parts().now()), "application/json"))


@blueprint.get("/api/catalogue/schema")
@public
def schema() -> Response:
    """The JSON Schema of a catalogue file."""
    return _for_all(sent(as_made(schema_text(), parts().now()), "application/schema+json"))


def schema_text() -> str:
    """The schema as it is served, and as it lies in docs/."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "link_catalog.yaml"}
    return json.dumps(Catalogue.model_json_schema() | head, indent=2, ensure_ascii=False) + "\n"


def _document(stock: Stock) -> str:
    now = parts().now()
    zones: tuple[Zone, ...] = get_args(Zone)
    by_zone = {zone: decided(stock, zone, now) for zone in zones}
    document = public_catalogue(stock, by_zone, parts().settings.base_url)
    return document.model_dump_json(exclude_none=True, by_alias=True)


def _for_all(response: Response) -> Response:
    """Let the scripts of other link pages read it."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response
