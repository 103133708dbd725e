"""What is written down is what is there."""

from __future__ import annotations

import ast
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from support.source import ROOT

from portal import errors
from portal.domain.client_registration import Client, PublicKey
from portal.domain.launch_failure import FOR_OWNER
from portal.domain.oids import CONTEXT_VARIABLES
from portal.domain.registration import Epj
from portal.lifetimes import Lifetimes
from portal.settings import Settings

if TYPE_CHECKING:
    from portal.domain.bodies import Body

DOCS = ROOT / "docs"
CONTRACT = (DOCS / "contract.md").read_text(encoding="utf-8")
REGISTRATION = (DOCS / "registration.md").read_text(encoding="utf-8")
HELSEID = (DOCS / "helseid.md").read_text(encoding="utf-8")
FAMILIES: tuple[type[errors.PortalError], ...] = (
    errors.RequestRejected,
    errors.Unavailable,
    errors.TokenRejected,
    errors.ContextRejected,
    errors.HandoverRejected,
    errors.DocumentRejected,
)
# Of these families APIs answer with some alone; the rest are pages.
SINGLES = (
    errors.PortalError("internal"),
    errors.NotFound("page_unknown"),
    errors.NotFound("document_unknown"),
    errors.NotAllowed("unknown_host"),
    errors.OAuthError("invalid_client"),
)
PROBLEMS = {row for family in FAMILIES for row in family.codes.items()} | {(one.code, one.status) for one in SINGLES}

# HelseID's profile for clients, and OWASP ASVS 5.0: cookies and CSRF, V7, V9, and of V10 what concerns a client.
_CHAPTERS = {"3.3": 5, "3.5": 3, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 3, "7.6": 2, "9.1": 3, "9.2": 4}
_CHAPTERS |= {"10.1": 2, "10.2": 3, "10.5": 5}
REQUIREMENTS = [f"{letters}{number}" for letters in ("SK", "FK") for number in range(1, 6)]
REQUIREMENTS += [f"{chapter}.{number + 1}" for chapter, last in _CHAPTERS.items() for number in range(last)]


def codes(section: str) -> set[tuple[str, int]]:
    """Code and status of every row of the table below a heading of the contract."""
    below = re.split(r"^#+ ", CONTRACT.partition(f"# {section}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    return {(code, int(status)) for code, status in re.findall(r"^\| `(\w+)` \| (\d{3}) \|", below, re.MULTILINE)}


def explained(heading: str) -> set[str]:
    """Names in the first column of the first table below a heading of registration.md."""
    table = REGISTRATION.partition(f"## {heading}\n")[2].partition("|---|---|\n")[2].partition("\n\n")[0]
    return {name for row in table.splitlines() for name in re.findall(r"`(\w+)`", row.split("|")[1])}


@pytest.mark.parametrize("name", sorted(Settings.model_fields.keys() - {"lifetimes", "xsd_dir"}))
def test_every_setting_is_documented(name: str) -> None:
    assert f"`PORTAL_{name.upper()}`" in (DOCS / "settings.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(Lifetimes.model_fields))
def test_every_lifetime_is_documented_with_its_default(name: str) -> None:
    seconds = int(Lifetimes.model_fields[name].default.total_seconds())
    row = f"| `PORTAL_{name.upper()}_SECONDS` | {seconds} |"
    assert row in (DOCS / "settings.md").read_text(encoding="utf-8")


def test_every_problem_is_documented_with_its_status_and_no_other() -> None:
    assert codes("Errors") == PROBLEMS


def test_every_word_for_a_failure_is_documented_in_the_words_that_owners_read() -> None:
    below = CONTRACT.partition("### When a launch does not get through\n")[2].partition("\n### ")[0]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", below, re.MULTILINE)) == FOR_OWNER


def test_every_oauth_error_is_documented_with_its_status_and_no_other() -> None:
    assert codes("OAuth") == set(errors.OAuthError.codes.items())


@pytest.mark.parametrize("release", [variable.release for variable in CONTEXT_VARIABLES])
def test_every_context_variable_is_documented(release: str) -> None:
    assert f"| `{release}` |" in CONTRACT


@pytest.mark.parametrize(("heading", "model"), [("An EPJ", Epj), ("A client", Client)])
def test_the_examples_of_a_registration_hold_and_show_every_field(heading: str, model: type[Body]) -> None:
    section = re.split(r"^## ", REGISTRATION.partition(f"\n## {heading}\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    examples = re.findall(r"```json\n(.*?)```", section, re.DOTALL)
    shown = [model.model_validate_json(example).model_fields_set for example in examples]
    assert set().union(*shown) == set(model.model_fields)


@pytest.mark.parametrize(("heading", "model"), [("An EPJ", Epj), ("A client", Client), ("Its keys", PublicKey)])
def test_every_field_of_a_registration_is_explained(heading: str, model: type[Body]) -> None:
    assert explained(heading) == set(model.model_fields)


@pytest.mark.parametrize("page", ["README.md", *(str(path.relative_to(ROOT)) for path in sorted(DOCS.rglob("*.md")))])
def test_links_lead_somewhere(page: str) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", (ROOT / page).read_text(encoding="utf-8"))
    assert [target for target in targets if not ((ROOT / page).parent / target).exists()] == []


def names_in(path: str) -> set[str]:
    """The names of the tests in a file; none when there is no such file."""
    file = ROOT / path
    tree = ast.parse(file.read_text(encoding="utf-8") if file.exists() else "")
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def test_what_holds_a_requirement_exists() -> None:
    named = set(re.findall(r"(tests/[\w/]+\.py)::(test_\w+)", HELSEID))
    assert len(named) > 100
    assert sorted((path, name) for path, name in named if name not in names_in(path)) == []


def test_every_requirement_stands_in_one_row_that_says_what_holds_it() -> None:
    rows = re.findall(r"^\| (.+?) \| .+? \| (.*) \|$", HELSEID, re.MULTILINE)
    counted = Counter(requirement for requirement, _ in rows)
    assert [one for one in REQUIREMENTS if counted[one] != 1] == []
    holds = re.compile(r"n/a: |This document|.*`tests/\w")
    assert [one for one, held in rows if one in REQUIREMENTS and not holds.match(held)] == []


def test_every_module_that_helseid_md_names_exists() -> None:
    named = set(re.findall(r"`((?:web|adapters|domain|store)/\w+\.py)`", HELSEID))
    assert len(named) > 20
    assert sorted(path for path in named if not (ROOT / "portal" / path).exists()) == []
