"""Size is a symptom: a room that outgrows these wants another wall."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

import pytest
from support.source import ROOT, portal_modules

if TYPE_CHECKING:
    from collections.abc import Iterator


class Limits(NamedTuple):
    median: int
    p90: int
    largest: int


class Sized(NamedTuple):
    lines: int
    name: str


def files() -> Iterator[Sized]:
    for path in portal_modules():
        if not path.endswith("__init__.py"):
            yield Sized(len((ROOT / path).read_text(encoding="utf-8").splitlines()), path)


def functions() -> Iterator[Sized]:
    for path, tree in portal_modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Sized((node.end_lineno or node.lineno) - node.lineno + 1, f"{path}:{node.lineno} {node.name}")


@pytest.mark.parametrize(
    ("sized", "limits"),
    [
        pytest.param(list(files()), Limits(80, 160, 300), id="files"),
        pytest.param(list(functions()), Limits(10, 25, 50), id="functions"),
    ],
)
def test_sizes(sized: list[Sized], limits: Limits) -> None:
    ordered = sorted(sized)
    for place, limit in zip((0.5, 0.9, 1), limits, strict=True):
        at = ordered[round(place * (len(ordered) - 1))]
        assert at.lines <= limit, f"{at} stands at {place:.0%}; the largest are {ordered[-5:]}"
