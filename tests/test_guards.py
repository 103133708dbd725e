"""Every route wears exactly one guard: who may ask is said where the view is written."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from support.source import portal_modules

from portal.app import create_app
from portal.demo import environment, keys, ports
from portal.settings import Settings
from portal.web import guards

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask

GUARDS = {"public", "signed_in", "helseid", "target_client", "epj", "writeback_grant", "launch_access"}
STATIC = "static"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    environ = environment.make(tmp_path, ports.ephemeral(), keys.fresh(), {})
    made = create_app(Settings.from_env(environ))
    yield made
    made.extensions["portal"].database.close()


def routed(tree: ast.Module) -> Iterator[tuple[str, list[str]]]:
    """Name and guards of every function that is decorated as a route."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(map(is_route, node.decorator_list)):
            worn = [named.id for named in node.decorator_list if isinstance(named, ast.Name) and named.id in GUARDS]
            yield node.name, worn


def is_route(decorator: ast.expr) -> bool:
    if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
        return False
    return decorator.func.attr in {"route", "get", "post", "put", "delete", "patch"}


def test_the_guards_are_those_of_the_house() -> None:
    assert all(callable(getattr(guards, name)) for name in GUARDS)


def test_every_route_wears_a_guard(app: Flask) -> None:
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()} - {STATIC}
    bare = {name for name in endpoints if getattr(app.view_functions[name], "guard", None) not in GUARDS}
    assert endpoints
    assert not bare


def test_no_route_wears_two_guards() -> None:
    views = [(path, *view) for path, tree in portal_modules().items() if "/web/" in path for view in routed(tree)]
    assert views
    assert [view for view in views if len(view[2]) != 1] == []
