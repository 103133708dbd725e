"""What operators probe."""

from __future__ import annotations

from typing import Any

from portal.errors import Unavailable
from portal.web.openapi.parts import codes, problems


def paths() -> dict[str, Any]:
    """Is the process alive, and can it do its work?"""
    return {
        "/health/live": _get("The process answers", _yes("live"), {}),
        "/health/ready": _get(
            "The process can do its work",
            _yes("ready", warnings={"type": "array", "items": {"type": "string"}}),
            codes(Unavailable),
        ),
    }


def _get(summary: str, yes: dict[str, Any], refused: dict[str, int]) -> dict[str, Any]:
    return {"get": {"summary": summary, "responses": {"200": yes} | problems(refused)}}


def _yes(status: str, **more: Any) -> dict[str, Any]:
    said = {"type": "object", "required": ["status", *more], "properties": {"status": {"const": status}} | more}
    return {"description": "Yes", "content": {"application/json": {"schema": said}}}
