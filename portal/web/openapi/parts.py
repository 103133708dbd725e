"""The pieces that a path is described with (OpenAPI 3.1 §4.8)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from portal.domain.bodies import OAuthProblem, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pydantic import BaseModel

    from portal.errors import PortalError

    Json = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"
# One in the path: somebody else's id, as `domain/text.is_opaque_id` has it.
OPAQUE_ID = {"type": "string", "pattern": r"^[A-Za-z0-9._~-]{1,64}$"}
# NUL is refused wherever a browser could send it.
_TEXT = {"type": "string", "pattern": r"^[^\x00]*$"}
_ANY = {"bad_request": 400, "length_required": 411, "unknown_host": 421}
NONCE = {
    "DPoP-Nonce": {"required": True, "schema": {"type": "string"}, "description": "For the next proof, RFC 9449 §8"}
}
CACHED = {"Cache-Control": {"required": True, "schema": {"type": "string", "pattern": r"^public, max-age=[0-9]+$"}}}
_CHALLENGE = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}, "description": "RFC 9449 §7.1"}}
_OUTCOME = {
    "type": "object",
    "required": ["resourceType", "issue"],
    "properties": {
        "resourceType": {"const": "OperationOutcome"},
        "issue": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["severity", "code"]}},
    },
}
_RETRY = {"Retry-After": {"required": True, "schema": {"type": "integer"}, "description": "Seconds"}}


def codes(*families: type[PortalError]) -> dict[str, int]:
    """Every code of some families with its status."""
    return {code: status for family in families for code, status in family.codes.items()}


def problems(known: Mapping[str, int], *, by_token: bool = False) -> Json:
    """Problem answers (RFC 9457) for these codes; `by_token` says that a 401 names the scheme."""
    return _refusals((_ANY | dict(known)).items(), "application/problem+json", schema(Problem), by_token=by_token)


def oauth_errors(known: Mapping[str, int]) -> Json:
    """OAuth error answers (RFC 6749 §5.2) for these codes, and for what any form may be refused for."""
    any_form = [("invalid_request", status) for status in (400, 405, 411, 413, 421)]
    return _refusals([*known.items(), *any_form], "application/json", schema(OAuthProblem))


def fhir_errors(known: Mapping[str, int], *, by_token: bool = False) -> Json:
    """OperationOutcome answers (FHIR R4 §3.1.0.4) for these codes; `by_token` as for problems."""
    return _refusals((_ANY | dict(known)).items(), "application/fhir+json", _OUTCOME, by_token=by_token)


def schema(model: type[BaseModel]) -> Json:
    """Where a body's schema stands."""
    return {"$ref": REFERENCE.format(model=model.__name__)}


def json_body(model: type[BaseModel]) -> Json:
    """A request's JSON."""
    return {"required": True, "content": {"application/json": {"schema": schema(model)}}}


def form(*alternatives: Json) -> Json:
    """A request's form, which is one of these objects."""
    described = alternatives[0] if len(alternatives) == 1 else {"oneOf": list(alternatives)}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": described}}}


def fields(required: Iterable[str], optional: Iterable[str] = (), **fixed: str) -> Json:
    """An object of texts; `fixed` are required ones that have one value."""
    known: Json = dict.fromkeys((*required, *optional), _TEXT)
    known |= {name: {"const": value} for name, value in fixed.items()}
    # A name that stands twice is refused (RFC 6749 §3.1): so no lists, also not of what we do not know.
    return {
        "type": "object",
        "required": [*fixed, *required],
        "properties": known,
        "additionalProperties": _TEXT,
    }


def answer(model: type[BaseModel], headers: Json | None = None) -> Json:
    """An answer in JSON, described as its model is."""
    described = {"description": str(model.__doc__), "content": {"application/json": {"schema": schema(model)}}}
    return described | ({"headers": headers} if headers else {})


def header(name: str, *, required: bool, **said: Any) -> Json:
    """A header of the request; `said` goes into its schema."""
    return {"name": name, "in": "header", "required": required, "schema": {"type": "string"} | said}


def query(name: str, *, required: bool = False) -> Json:
    """A parameter of the address."""
    return {"name": name, "in": "query", "required": required, "schema": _TEXT}


def path(name: str, pattern: Mapping[str, str] = OPAQUE_ID) -> Json:
    """A part of the path."""
    return {"name": name, "in": "path", "required": True, "schema": dict(pattern)}


def _refusals(known: Iterable[tuple[str, int]], media: str, described: Json, *, by_token: bool = False) -> Json:
    by_status: defaultdict[int, set[str]] = defaultdict(set)
    for code, status in known:
        by_status[status].add(code)
    headers = {503: _RETRY} | ({401: _CHALLENGE | NONCE} if by_token else {})
    content = {media: {"schema": described}}
    return {
        str(status): {"description": ", ".join(sorted(said)), "content": content}
        | ({"headers": headers[status]} if status in headers else {})
        for status, said in sorted(by_status.items())
    }
