"""The whole contract as one OpenAPI document."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from pydantic.json_schema import models_json_schema

from portal.domain import bodies, target_bodies
from portal.domain.epj_catalogue import EpjCatalogue
from portal.domain.notice import NoticePut
from portal.domain.oids import CONTEXT_VARIABLES
from portal.domain.public_catalogue import PublicCatalogue
from portal.domain.service_parts import Stop
from portal.web.openapi import catalogue, context, discovery, epj, health, oauth, writeback
from portal.web.openapi.parts import REFERENCE

_MODELS = (
    bodies.SessionCreate,
    bodies.SessionCreated,
    bodies.SessionReference,
    bodies.SessionRefreshed,
    bodies.WritebackPut,
    bodies.WritebackState,
    bodies.WritebackTaken,
    bodies.OAuthProblem,
    bodies.Problem,
    target_bodies.ParResponse,
    target_bodies.TokenResponse,
    target_bodies.ContextRequest,
    target_bodies.ContextResponse,
    target_bodies.LaunchFailure,
    target_bodies.LaunchFailureNoted,
    target_bodies.Introspection,
    EpjCatalogue,
    NoticePut,
    PublicCatalogue,
    Stop,
)
_AREAS = (epj, oauth, discovery, context, writeback, catalogue, health)
_SECURITY = epj.SECURITY | oauth.SECURITY | context.SECURITY | writeback.SECURITY


def description(base_url: str) -> dict[str, Any]:
    """The whole description as a JSON object; `base_url` is the one server it speaks of."""
    _, schemas = models_json_schema([(model, "serialization") for model in _MODELS], ref_template=REFERENCE)
    licence = {"name": "MIT", "identifier": "MIT"}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Inngangsportalen", "version": version("inngangsportalen"), "license": licence},
        "servers": [{"url": base_url}],
        "paths": {path: item for area in _AREAS for path, item in area.paths().items()},
        "components": {"schemas": schemas["$defs"], "securitySchemes": _SECURITY},
        "x-context-variables": [variable._asdict() for variable in CONTEXT_VARIABLES],
    }
