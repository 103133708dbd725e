"""How the story says that something must hold."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

_PATIENCE = 20.0  # seconds
_PAUSE = 0.2


class StoryFailed(Exception):
    """Something did not hold; the text says what should have."""


def holds(condition: object, what: str) -> None:
    """Go on only if it does."""
    if not condition:
        raise StoryFailed(what)


def becomes(condition: Callable[[], object], what: str) -> None:
    """Wait for something that others are to bring about."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise StoryFailed(what)
        time.sleep(_PAUSE)


def refused(call: Callable[[], object], word: str, what: str) -> None:
    """Go on only if the server says no in this word (RFC 6749 §5.2)."""
    try:
        call()
    except UpstreamError as error:
        holds(word in error.detail, f"{what}: {word}, not {error.detail}")
    else:
        raise StoryFailed(what)
