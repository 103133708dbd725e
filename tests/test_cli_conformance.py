"""`portal conformance epj`, as a vendor runs it: against the sandbox's page, and against the journal's own server."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html
from support import journal_system
from support.loopback import Asked, Says, http_server
from support.source import ROOT
from support.staging import living
from support.vendor import Vendor, right_day

from portal.domain.conformance import smart_cases
from portal.domain.conformance.case import CaseId, Outcome
from portal.domain.conformance.cases import judge
from portal.domain.registration import Epj, SmartServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.operator import Operator

EPJ = ("conformance", "epj")


@pytest.fixture
def vendor(sqlite_url: str, tmp_path: Path) -> Iterator[Vendor]:
    (tmp_path / "sandbox").mkdir()
    with living(sqlite_url, tmp_path / "sandbox", environment="sandbox") as running:
        yield Vendor(running)


def outcomes(path: Path) -> dict[str, str]:
    return {case["id"]: case["outcome"] for case in json.loads(path.read_text(encoding="utf-8"))["cases"]}


def test_a_journal_that_does_right_ends_with_0_and_every_case_is_ticked(on_sqlite: Operator, vendor: Vendor) -> None:
    right_day(vendor)
    file, page = on_sqlite.folder / "epj.json", on_sqlite.folder / "epj.html"
    ended = on_sqlite.run(*EPJ, vendor.page, "--json", file, "--html", page)
    cases = outcomes(file)
    assert set(cases.values()) == {Outcome.PASSED}
    assert [line.split()[:2] for line in ended.stdout.splitlines()] == [["✓", f"{case}:"] for case in cases]
    assert ended.stderr == f"{len(cases)} right, 0 wrong, 0 not seen\n"
    tree = html.fromstring(page.read_text(encoding="utf-8"))
    assert tree.get("lang") == "en"
    assert tree.xpath("//article/@data-outcome") == ["passed"] * len(cases)
    assert tree.xpath("//@src | //link | //form | //script") == []


def test_what_is_wrong_is_told_with_its_rule_and_what_to_do(on_sqlite: Operator, vendor: Vendor) -> None:
    vendor.call("create", {}, scheme="Bearer")
    ended = on_sqlite.run(*EPJ, vendor.page, "--lang", "nb", "--allow-missing", status=1)
    place = ended.stdout.splitlines().index(
        next(line for line in ended.stdout.splitlines() if line.startswith("✗ dpop-bound"))
    )
    line, why, todo = ended.stdout.splitlines()[place : place + 3]
    assert "RFC 9449 §7.1" in line
    assert "DPoP" in why
    assert todo.startswith("    → Be HelseID")


def test_a_part_of_the_run_is_enough_when_one_says_so(on_sqlite: Operator, vendor: Vendor) -> None:
    vendor.opened()
    assert "· refresh-in-time" in on_sqlite.run(*EPJ, vendor.page, status=1).stdout
    on_sqlite.run(*EPJ, vendor.page, "--allow-missing")


@pytest.mark.parametrize("path", ["/sandkasse/epj/another", "/sandkasse/epj/"])
def test_a_page_that_is_not_there_is_no_result(on_sqlite: Operator, vendor: Vendor, path: str) -> None:
    assert "404" in on_sqlite.run(*EPJ, f"{vendor.world.origin}{path}", status=1).stderr


def test_what_is_no_report_is_no_result(on_sqlite: Operator) -> None:
    with http_server(lambda _: Says({"cases": "none"})) as origin:
        assert "no result" in on_sqlite.run(*EPJ, f"{origin}/sandkasse/epj/epj", status=1).stderr


def test_an_empty_report_passes_nobody(on_sqlite: Operator) -> None:
    empty = {"epj": "epj", "at": "2026-11-26T08:00:00Z", "cases": []}
    with http_server(lambda _: Says(empty)) as origin:
        on_sqlite.run(*EPJ, f"{origin}/sandkasse/epj/epj", status=1)


def test_the_demo_s_own_smart_server_meets_every_case(on_sqlite: Operator, tmp_path: Path) -> None:
    (tmp_path / "journal").mkdir()
    file = on_sqlite.folder / "smart.json"
    with journal_system.standing(tmp_path / "journal") as epj:
        known = ("--client-id", journal_system.CLIENT, "--redirect-uri", f"{epj.at_portal}/launch/callback")
        on_sqlite.run(*EPJ, epj.fhir, *known, "--json", file)
        assert set(outcomes(file).values()) == {Outcome.PASSED}
        on_sqlite.run(*EPJ, f"{epj.fhir}/", "--json", file, status=1)
    unasked = {case for case, outcome in outcomes(file).items() if outcome != Outcome.PASSED}
    assert unasked == {CaseId.SMART_PLAIN, CaseId.SMART_AUD}


class Wrong:
    """A SMART server that does nothing right, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def answer(self, asked: Asked) -> Says:
        path = asked.path.partition("?")[0]
        self.asked.append((asked.method, path))
        origin = f"http://{asked.headers['host']}"
        if path == "/authorize":
            # The open redirector, which takes plain and any aud too.
            return Says(status=302, headers={"Location": "https://fremmed.invalid/callback?code=1"})
        answers: dict[str, Any] = {
            "/fhir/.well-known/smart-configuration": {
                "authorization_endpoint": f"{origin}/authorize",
                "token_endpoint": f"{origin}/token",
                "jwks_uri": "http://jwks.example/keys",
                "grant_types_supported": ["implicit"],
                "capabilities": [],
                "code_challenge_methods_supported": ["plain", "S256"],
            },
            "/fhir/metadata": {"resourceType": "CapabilityStatement", "fhirVersion": "3.0.2"},
            "/token": {"access_token": "for anybody"},
        }
        return Says(answers[path]) if path in answers else Says(status=404)


def test_a_wrong_smart_server_is_told_each_rule_and_asked_each_thing_once(on_sqlite: Operator) -> None:
    server, file = Wrong(), on_sqlite.folder / "smart.json"
    with http_server(server.answer) as origin:
        known = ("--client-id", "portal", "--redirect-uri", "https://portal.example/launch/callback")
        ended = on_sqlite.run(
            *EPJ, f"{origin}/fhir", *known, "--json", file, "--html", on_sqlite.folder / "x", status=1
        )
    right = {CaseId.SMART_CONFIGURATION, CaseId.SMART_AUTHORIZATION, CaseId.SMART_TOKEN}
    assert {case for case, outcome in outcomes(file).items() if outcome == Outcome.PASSED} == right
    assert {outcome for case, outcome in outcomes(file).items() if case not in right} == {Outcome.FAILED}
    assert "11 wrong" in ended.stderr
    metadata = [("GET", "/fhir/.well-known/smart-configuration"), ("GET", "/fhir/metadata")]
    assert server.asked == [*metadata, *[("GET", "/authorize")] * 3, *[("POST", "/token")] * 2]


def test_a_server_that_is_not_there_is_told_so(on_sqlite: Operator) -> None:
    ended = on_sqlite.run(*EPJ, "http://127.0.0.1:9/fhir", "--allow-missing", status=1)
    assert "✗ smart-configuration" in ended.stdout


@pytest.mark.parametrize("address", ["http://epj.example/fhir", "file:///etc/passwd", "epj", ""])
def test_an_address_that_is_neither_https_nor_loopback_is_not_asked(on_sqlite: Operator, address: str) -> None:
    assert "https" in on_sqlite.run(*EPJ, address, status=1).stderr


def test_every_case_is_documented_with_its_source() -> None:
    both = Epj(id="epj", name="EPJ", helseid_client_ids=("epj",), smart=SmartServer(issuer="https://x", client_id="x"))
    cases = [one.case for one in judge([], both)] + list(smart_cases.CASES)
    documented = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    assert {case.id for case in cases} == set(CaseId)
    rows = {(row.split(" | ")[0], row.split(" | ")[2]) for row in documented.splitlines() if row.startswith("| `")}
    assert {(f"| `{case.id}`", f"{case.source} |") for case in cases} <= rows
