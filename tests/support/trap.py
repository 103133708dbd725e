"""A server that nobody may ever ask."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from support.keys import rsa
from support.loopback import Asked, Says, http_server

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def trap() -> Iterator[str]:
    """Give an origin, and fail at the end if anything was asked of it."""
    lured: list[str] = []

    def answer(asked: Asked) -> Says:
        lured.append(f"{asked.method} {asked.path}")
        return Says({"keys": [rsa("forged").public | {"kid": "rsa-1"}]})

    with http_server(answer) as origin:
        yield origin
    assert lured == []
