"""Answers of message services as values, or as the error that they are."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pydantic import BaseModel, ValidationError

from portal.errors import UpstreamError

if TYPE_CHECKING:
    from portal.adapters.http import Answer

# Another 4xx is a verdict on this message: the same bytes will meet it again.
_FINAL = frozenset(range(400, 500)) - {408, 425, 429}

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
    """Return the error that a status is: 408, 425, 429 and 5xx may heal, another 4xx does not."""
    return UpstreamError("upstream_refused", f"status {answer.status}", retryable=answer.status not in _FINAL)
