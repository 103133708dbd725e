"""The one reader of JSON bodies: a length is required, bytes are capped, and nothing is guessed."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Any, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from portal.domain import strict_json
from portal.domain.bodies import Body
from portal.errors import RequestRejected

if TYPE_CHECKING:
    from collections.abc import Iterable

Model = TypeVar("Model", bound=BaseModel)
_SMALL = 16 * 1024


def body(model: type[Model], limit: int = _SMALL) -> Model:
    """The request's body as `model`, at most `limit` bytes.

    Raises RequestRejected; the detail names fields and rules, never values. Chunked bodies are refused, because
    Werkzeug cuts them off silently at its limit.
    """
    if request.mimetype != "application/json":
        raise RequestRejected("unsupported_media_type")
    if request.content_length is None:
        raise RequestRejected("length_required")
    if request.content_length > limit:
        raise RequestRejected("body_too_large")
    request.max_content_length = limit
    # A document is not kept twice while it is at work; small bodies the sandbox reads again.
    raw = request.get_data(cache=limit <= _SMALL)
    if len(raw) != request.content_length:
        raise RequestRejected("bad_request", "Content-Length")
    try:
        parsed = strict_json.loads(raw)
    except ValueError:
        raise RequestRejected("malformed_json") from None
    if not isinstance(parsed, dict):
        raise RequestRejected("malformed_json", "not an object")
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        raise RequestRejected("invalid_body", "; ".join(_said(error.errors(include_input=False)))) from None


def _said(faults: Iterable[Any]) -> list[str]:
    return [f"{'.'.join(_known(fault['loc']))}: {fault['type']}" for fault in faults]


def _known(place: Iterable[str | int]) -> Iterable[str]:
    # A name that is none of ours came from outside too, and may be anything.
    return (str(part) for part in takewhile(lambda part: part in _NAMES, place))


_NAMES = frozenset(name for body in Body.__subclasses__() for name in body.model_fields)
