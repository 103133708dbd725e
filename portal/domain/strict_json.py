"""JSON from outside, read the one way that every reader agrees on (RFC 8259, RFC 7493)."""

from __future__ import annotations

import json
import math
from typing import Any

_DEEPEST = 32


def loads(raw: bytes) -> Any:
    """Return the value in `raw`.

    Raises ValueError for bytes that are not UTF-8, NaN and infinite numbers, a name given twice in one object,
    lone surrogates, and nesting deeper than 32 (RFC 7493 §2).
    """
    try:
        value = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_finite,
            parse_constant=_finite,
        )
        if b"\\u" in raw:
            # Only writing it out again finds lone surrogates, which json.loads lets through where they are escaped.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
        _demand_shallow(value, _DEEPEST)
    except RecursionError:
        raise ValueError("nested too deep") from None
    return value


def _demand_shallow(value: Any, levels: int) -> None:
    if levels < 0:
        raise ValueError("nested too deep")
    members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for member in members:
        _demand_shallow(member, levels - 1)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a name is given twice")
    return members


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("a number is not finite")
    return value
