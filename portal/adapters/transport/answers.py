"""Answers of message services as values, or as the error that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from portal.errors import UpstreamError

if TYPE_CHECKING:
    from portal.adapters.http import Answer

# Another 4xx is a verdict on this message: the same bytes will meet it again.
_FINAL = frozenset(range(400, 500)) - {408, 425, 429}
_LARGEST_CODE = 9999

_Read = TypeVar("_Read", bound=BaseModel)


def read(answer: Answer, expected: int, model: type[_Read]) -> _Read:
    """Return the body of an answer with the `expected` status; raises UpstreamError upstream_refused or _malformed."""
    if answer.status != expected:
        raise refused(answer)
    try:
        return model.model_validate(answer.json())
    except ValidationError:
        # pydantic's text quotes the answer.
        raise UpstreamError("upstream_malformed", model.__name__) from None


def refused(answer: Answer) -> UpstreamError:
    """Return the error that a status is: 408, 425, 429 and 5xx may heal, another 4xx does not.

    It names the status, and the `errorCode` of NHN's message service where the body has one.
    """
    said = ", ".join([f"status {answer.status}", *_error_code(answer)])
    return UpstreamError("upstream_refused", said, retryable=answer.status not in _FINAL)


def _error_code(answer: Answer) -> list[str]:
    # The number alone: what stands beside it in words may name anybody. 0 is "other".
    try:
        body = answer.json()
    except UpstreamError:
        return []
    code = body.get("errorCode") if isinstance(body, dict) else None
    return [str(code)] if type(code) is int and 0 < code <= _LARGEST_CODE else []
