"""`portal conformance target`, as an owner runs it: against the launch address, the sandbox's page, and both."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lxml import html
from support.helseid import BO
from support.http_target import standing
from support.loopback import Says, http_server
from support.owner import Owner, right_day
from support.source import ROOT
from support.staging import living

from portal.domain.client_registration import Client
from portal.domain.conformance.case import Outcome
from portal.domain.conformance.target import launch_url
from portal.domain.conformance.target.case import CaseId
from portal.domain.conformance.target.cases import judge

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.operator import Operator

TARGET = ("conformance", "target")
URL_CASES = {case.id for case in launch_url.CASES}


@pytest.fixture
def owner(sqlite_url: str, tmp_path: Path) -> Iterator[Owner]:
    (tmp_path / "sandbox").mkdir()
    with living(sqlite_url, tmp_path / "sandbox", environment="sandbox") as world:
        yield Owner(world)


def outcomes(path: Path) -> dict[str, str]:
    return {case["id"]: case["outcome"] for case in json.loads(path.read_text(encoding="utf-8"))["cases"]}


def at(owner: Owner) -> tuple[str, str]:
    return ("--issuer", owner.world.settings.fhir_issuer)


def test_a_target_that_does_right_is_played_from_nothing_to_green(on_sqlite: Operator, owner: Owner) -> None:
    file, page = on_sqlite.folder / "target.json", on_sqlite.folder / "target.html"
    with standing(owner) as target:
        secret = on_sqlite.folder / "secret"
        secret.write_text(f"{owner.secret}\n", encoding="utf-8")
        owner.manage("erklaering", case=CaseId.BANNER)
        played = (f"{target.origin}/launch", *at(owner), "--play", "--secret", secret)
        ended = on_sqlite.run(*TARGET, *played, "--json", file, "--html", page)
    cases = outcomes(file)
    assert set(cases.values()) == {Outcome.PASSED}
    assert set(cases) > URL_CASES
    assert ended.stderr == f"{len(cases)} right, 0 wrong, 0 not seen\n"
    assert json.loads(file.read_text(encoding="utf-8"))["target"] == f"{target.origin}/launch"
    tree = html.fromstring(page.read_text(encoding="utf-8"))
    assert tree.xpath("//h1/text()") == [f"{target.origin}/launch"]
    assert tree.xpath("//@src | //link | //form | //script") == []


def test_the_launch_address_alone_is_tried_without_anybody_s_login(on_sqlite: Operator, owner: Owner) -> None:
    file = on_sqlite.folder / "target.json"
    with standing(owner) as target:
        on_sqlite.run(*TARGET, f"{target.origin}/launch", *at(owner), "--json", file, status=1)
        on_sqlite.run(*TARGET, f"{target.origin}/launch", *at(owner), "--allow-missing")
    cases = outcomes(file)
    assert {cases[case] for case in URL_CASES} == {Outcome.PASSED}
    assert cases[CaseId.LAUNCH] == Outcome.NOT_SEEN
    assert Outcome.FAILED not in cases.values()


WRONG: dict[CaseId, str] = {
    CaseId.URL_LAUNCH: "asks_first",
    CaseId.URL_FOREIGN_ISSUER: "any_iss",
    CaseId.URL_WITHOUT_LAUNCH: "without_launch",
    CaseId.URL_ERROR: "restarts",
    CaseId.URL_UNKNOWN_STATE: "any_state",
}


@pytest.mark.parametrize(
    ("case", "wrong"), [*WRONG.items(), (CaseId.URL_FOREIGN_ISSUER, "follows_iss"), (CaseId.URL_ERROR, "breaks")]
)
def test_each_mistake_at_the_launch_address_turns_its_own_case_red(
    on_sqlite: Operator, owner: Owner, case: CaseId, wrong: str
) -> None:
    file = on_sqlite.folder / "target.json"
    with standing(owner, wrong) as target:
        on_sqlite.run(*TARGET, f"{target.origin}/launch", *at(owner), "--json", file, status=1)
    failed = {name for name, outcome in outcomes(file).items() if outcome == Outcome.FAILED}
    # Who asks to log in first refuses nothing either.
    more = {CaseId.URL_FOREIGN_ISSUER, CaseId.URL_WITHOUT_LAUNCH} if wrong == "asks_first" else set()
    assert {case} <= failed <= {case} | more


def test_every_case_of_the_launch_address_has_a_mistake() -> None:
    assert set(WRONG) == URL_CASES


def test_the_page_is_read_as_it_is(on_sqlite: Operator, owner: Owner) -> None:
    owner.register()
    right_day(owner)
    file = on_sqlite.folder / "target.json"
    on_sqlite.run(*TARGET, owner.page, "--json", file)
    assert set(outcomes(file).values()) == {Outcome.PASSED}
    owner.manage("forfra")
    on_sqlite.run(*TARGET, owner.page, status=1)


def test_where_there_is_no_sandbox_the_launch_address_is_judged_alone(on_sqlite: Operator) -> None:
    file = on_sqlite.folder / "target.json"
    with http_server(lambda _: Says(b"no", 400)) as origin:
        on_sqlite.run(*TARGET, f"{origin}/launch", "--json", file, "--allow-missing", status=1)
    assert set(outcomes(file)) == URL_CASES


def test_a_secret_that_is_not_the_target_s_orders_nothing(on_sqlite: Operator, owner: Owner) -> None:
    owner.register()
    assert "secret" in on_sqlite.run(*TARGET, owner.page, "--play", status=1).stderr


def test_only_somebody_of_the_stand_in_can_be_played(on_sqlite: Operator, owner: Owner) -> None:
    owner.register()
    nobody = ("--play", "nobody-s-sub")
    assert "log in by hand" in on_sqlite.run(*TARGET, owner.page, *nobody, status=1).stderr
    on_sqlite.run(*TARGET, owner.page, "--play", BO.sub, status=1)


@pytest.mark.parametrize("address", ["http://target.example/launch", "file:///etc/passwd", "target", ""])
def test_an_address_that_is_neither_https_nor_loopback_is_not_asked(on_sqlite: Operator, address: str) -> None:
    assert "https" in on_sqlite.run(*TARGET, address, status=1).stderr


def test_every_case_is_documented_with_its_source() -> None:
    known: dict[str, Any] = {"client_id": "a", "service": "a", "owner": "A", "redirect_uris": ["https://a"]}
    key = {"kty": "EC", "kid": "1", "alg": "ES256", "crv": "P-256"}
    launched = known | {"keys": [key], "launch_url": "https://a", "writeback": True}
    kinds = (Client.model_validate(launched), Client.model_validate(launched | {"sign_on": True}))
    cases = {one.case.id: one.case.source for kind in kinds for one in judge([], kind)}
    cases |= {case.id: case.source for case in launch_url.CASES}
    documented = (ROOT / "docs/conformance.md").read_text(encoding="utf-8")
    assert set(cases) == set(CaseId)
    rows = {(row.split(" | ")[0], row.split(" | ")[2]) for row in documented.splitlines() if row.startswith("| `")}
    assert {(f"| `{case}`", f"{source} |") for case, source in cases.items()} <= rows
