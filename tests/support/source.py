"""The portal's own source, as the tests that hold the house's laws read it."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def portal_modules() -> dict[str, ast.Module]:
    """Every module of portal/, by its path below the root."""
    paths = sorted((ROOT / "portal").rglob("*.py"))
    return {str(path.relative_to(ROOT)): ast.parse(path.read_text(encoding="utf-8")) for path in paths}
