"""Imports go strictly down the floors; what does I/O lives in one room."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest
from support.source import portal_modules

if TYPE_CHECKING:
    from collections.abc import Iterator

FLOOR = {
    "errors": 0,
    "lifetimes": 0,
    "settings": 1,
    "domain": 1,
    "store": 2,
    "adapters": 2,
    "confined": 2,
    "worker": 3,
    "web": 3,
    "app": 4,
    "cli": 5,
    "demo": 5,
}
# Where a module may be imported, and what is in it; urllib.parse is only text and everybody's.
HOME: dict[str, set[str]] = {
    "alembic": {"store"},
    "authlib": {"web"},
    "flask": {"web", "app", "demo"},
    "flask_babel": {"web", "app"},
    "flask_login": {"web", "app"},
    "ftplib": set(),
    "http.client": {"adapters"},
    "lxml": {"domain", "adapters", "demo"},
    "markdown_it": {"web"},
    "pikepdf": {"confined"},
    "psycopg": {"store"},
    "rapidfuzz": {"domain"},
    "requests": {"adapters", "demo"},
    "snowballstemmer": {"domain"},
    "smtplib": set(),
    "socket": {"adapters", "demo"},
    "sqlalchemy": {"store"},
    "sqlite3": {"store"},
    "ssl": {"adapters", "demo"},
    "typst": {"confined"},
    "urllib.request": set(),
    "urllib3": {"adapters"},
    "werkzeug": {"web", "app", "demo"},
    "yaml": {"adapters"},
}
# What has a clock, randomness or I/O, and so stays out of portal/domain.
WORLD = {"asyncio", "http", "logging", "os", "pathlib", "random", "secrets", "shutil", "socket", "subprocess"}
WORLD |= {"sys", "tempfile", "threading", "time"}
CLOCKS = {"now", "utcnow", "today", "uuid1", "uuid4", "urandom"}

MODULES = portal_modules()


def room(path: str) -> str:
    """The part of the house that a module belongs to."""
    return path.removesuffix(".py").split("/")[1]


def imports(tree: ast.AST) -> Iterator[str]:
    """The full name of everything imported; a relative import starts with a dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def breaches(path: str, tree: ast.Module) -> Iterator[str]:
    """Every import that the house does not allow."""
    here = room(path)
    for name in imports(tree):
        root, *rest = name.split(".")
        if root == "portal" and rest[0] != here and FLOOR[rest[0]] >= FLOOR[here]:
            yield f"{path} imports {name}"
        if any(here not in rooms for module, rooms in HOME.items() if f"{name}.".startswith(f"{module}.")):
            yield f"{path} may not import {name}"
        if name.startswith("."):
            yield f"{path} imports relatively"
        if here == "domain" and root in WORLD:
            yield f"{path} may not import {root}"
    for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)):
        if any(imports(function)):
            yield f"{path} imports inside {function.name}"


@pytest.mark.parametrize("path", [path for path in MODULES if path != "portal/__init__.py"])
def test_imports_go_down(path: str) -> None:
    assert list(breaches(path, MODULES[path])) == []


@pytest.mark.parametrize("path", [path for path in MODULES if room(path) == "domain"])
def test_domain_has_no_clock_and_no_files(path: str) -> None:
    for node in ast.walk(MODULES[path]):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            assert called not in CLOCKS | {"open"}, f"{path}:{node.lineno} calls {called}()"


@pytest.mark.parametrize("path", [path for path in MODULES if path.endswith("__init__.py")])
def test_packages_hold_a_docstring_only(path: str) -> None:
    tree = MODULES[path]
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("portal/domain/rule.py", "import flask"),
        ("portal/domain/rule.py", "from portal.settings import Settings"),
        ("portal/domain/rule.py", "import secrets"),
        ("portal/web/page.py", "from sqlalchemy import select"),
        ("portal/web/page.py", "from portal import worker"),
        ("portal/web/page.py", "import urllib.request"),
        ("portal/web/page.py", "from urllib import request"),
        ("portal/web/page.py", "from urllib.request import urlopen"),
        ("portal/web/page.py", "import socket"),
        ("portal/worker/loop.py", "from http.client import HTTPSConnection"),
        ("portal/worker/loop.py", "from smtplib import SMTP"),
        ("portal/worker/loop.py", "import ssl"),
        ("portal/adapters/http.py", "import ftplib"),
        ("portal/adapters/http.py", "import sqlite3"),
        ("portal/store/rows.py", "from authlib import oauth2"),
        ("portal/adapters/http.py", "from portal.store import tables"),
        ("portal/adapters/confined.py", "from portal.confined import inspection"),
        ("portal/confined/inspection.py", "import socket"),
        ("portal/web/intake.py", "import pikepdf"),
        ("portal/store/rows.py", "from . import tables"),
        ("portal/store/rows.py", "def rows():\n    import json"),
    ],
)
def test_a_planted_breach_is_seen(path: str, source: str) -> None:
    assert any(breaches(path, ast.parse(source)))


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("portal/web/page.py", "from urllib.parse import urlsplit"),
        ("portal/web/page.py", "from http import HTTPStatus"),
        ("portal/web/page.py", "import urllib.parse"),
        ("portal/adapters/http.py", "import socket, ssl"),
        ("portal/store/rows.py", "import sqlite3"),
    ],
)
def test_what_is_allowed_is_let_through(path: str, source: str) -> None:
    assert list(breaches(path, ast.parse(source))) == []
