"""NHN's own description of version 2 of the message service, and what breaks it."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from jsonschema import Draft4Validator, FormatChecker
from support.standards import standards

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.message_service_http import Seen


@cache
def description() -> dict[str, Any]:
    """The OpenAPI document, as NHN publishes it; for tests marked `needs_standards`."""
    read: dict[str, Any] = json.loads((standards() / "transport/msh-api-v2.json").read_bytes())
    return read


def breaches(seen: Seen) -> list[str]:
    """Everything in a request and its answer that is not as described."""
    path, operation = _operation(seen)
    matched = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), seen.path)
    values = matched.groupdict() if matched else {}
    return [*_in_parameters(operation, seen, values), *_in_request(operation, seen), *in_answer(seen)]


def in_answer(seen: Seen) -> list[str]:
    """Everything in an answer that is not as described."""
    _, operation = _operation(seen)
    described = operation["responses"].get(str(seen.status))
    if described is None:
        return [f"status {seen.status} is not described"]
    content = described.get("content")
    return list(_breaking(content["application/json"]["schema"], seen.answer)) if content else []


def _operation(seen: Seen) -> tuple[str, dict[str, Any]]:
    method, _, named = seen.operation.partition(" ")
    found: dict[str, Any] = description()["paths"][named]
    return named, found[method.lower()]


def _in_parameters(operation: dict[str, Any], seen: Seen, values: dict[str, str]) -> Iterator[str]:
    given: dict[tuple[str, str], Any] = {("path", name): [value] for name, value in values.items()}
    given |= {("header", name): [value] for name, value in seen.headers.items()}
    given |= {("query", name): value for name, value in seen.query.items()}
    for parameter in operation["parameters"]:
        value = given.pop((parameter["in"], parameter["name"]), None)
        if value is not None:
            yield from _breaking(parameter["schema"], _typed(parameter["schema"], value))
        elif parameter.get("required"):
            yield f"{parameter['name']} is missing"
    yield from (f"{name} is not described" for where, name in given if where != "header")


def _typed(schema: dict[str, Any], values: list[str]) -> Any:
    """What strings of a URL mean."""
    if schema.get("type") == "array":
        return [_typed(schema["items"], [value]) for value in values]
    (value,) = values
    return json.loads(value) if schema.get("type") in {"integer", "boolean"} else value


def _in_request(operation: dict[str, Any], seen: Seen) -> Iterator[str]:
    if "requestBody" in operation:
        assert seen.headers["content-type"] in operation["requestBody"]["content"]
        yield from _breaking(operation["requestBody"]["content"]["application/json"]["schema"], seen.body)
    elif seen.body is not None:
        yield "a body is not described"


def _breaking(schema: dict[str, Any], value: Any) -> Iterator[str]:
    whole = _as_json_schema({"allOf": [schema], "components": description()["components"]})
    for error in Draft4Validator(whole, format_checker=FormatChecker()).iter_errors(value):
        yield f"{error.json_path}: {error.message}"


def _as_json_schema(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema has another type."""
    if isinstance(node, list):
        return [_as_json_schema(one) for one in node]
    if not isinstance(node, dict):
        return node
    plain = {name: _as_json_schema(value) for name, value in node.items() if name not in {"nullable", "example"}}
    return {"anyOf": [plain, {"type": "null"}]} if node.get("nullable") is True else plain
