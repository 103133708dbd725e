"""What is written down is what is there."""

from __future__ import annotations

from pathlib import Path

import pytest

from portal import errors
from portal.domain.oids import CONTEXT_VARIABLES
from portal.settings import Lifetimes, Settings

DOCS = Path(__file__).resolve().parents[1] / "docs"
API_ERRORS = (
    errors.RequestRejected,
    errors.Unavailable,
    errors.TokenRejected,
    errors.ContextRejected,
    errors.DocumentRejected,
)


@pytest.mark.parametrize("name", sorted(Settings.model_fields.keys() - {"lifetimes", "xsd_dir"}))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`PORTAL_{name.upper()}`" in (DOCS / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(Lifetimes.model_fields))
def test_every_lifetime_is_documented_with_its_default(name: str) -> None:
    seconds = int(Lifetimes.model_fields[name].default.total_seconds())
    row = f"| `PORTAL_{name.upper()}_SECONDS` | {seconds} |"
    assert row in (DOCS / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("code", sorted({code for family in API_ERRORS for code in family.codes}))
def test_every_problem_code_is_documented(code: str) -> None:
    assert f"| `{code}` |" in (DOCS / "contract.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("release", [variable.release for variable in CONTEXT_VARIABLES])
def test_every_context_variable_is_documented(release: str) -> None:
    assert f"| `{release}` |" in (DOCS / "contract.md").read_text(encoding="utf-8")
