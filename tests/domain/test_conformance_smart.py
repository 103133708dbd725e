"""An EPJ's SMART server, by what it says and what it answers when it is asked wrongly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.conformance import of
from support.conformance_server import SERVER, WRONG_SERVERS, server_findings

from portal.domain.conformance.case import CaseId, Outcome, Why
from portal.domain.conformance.smart_server import Probed, Reply, may_be_asked
from portal.web.sandbox.reasons import told
from portal.web.sandbox.report import speaking


def test_a_right_server_meets_every_case() -> None:
    found = server_findings(SERVER)
    assert of(found, Outcome.PASSED) == set(found)
    assert len(found) == 14


@pytest.mark.parametrize(("case", "why", "probed"), WRONG_SERVERS, ids=lambda value: str(value)[:30])
def test_a_server_that_is_wrong_in_one_thing_turns_that_case_red_alone(case: CaseId, why: Why, probed: Probed) -> None:
    found = server_findings(probed)
    assert of(found, Outcome.FAILED) == {case}
    assert found[case].why is why
    with speaking("nb"):
        assert told(found[case])


@pytest.mark.parametrize(
    ("case", "probed"),
    [
        (CaseId.SMART_AUTHORIZATION, replace(SERVER, authorize={**SERVER.authorize, "aud": Reply(0)})),
        (CaseId.SMART_TOKEN, replace(SERVER, token=dict.fromkeys(SERVER.token, Reply(404)))),
    ],
)
def test_an_endpoint_that_does_not_answer_is_red_with_what_was_asked_there(case: CaseId, probed: Probed) -> None:
    assert case in of(server_findings(probed), Outcome.FAILED)


def test_every_case_has_a_wrong_server() -> None:
    assert {case for case, _, _ in WRONG_SERVERS} == set(server_findings(SERVER))


def test_what_could_not_be_asked_is_not_right() -> None:
    known_as_nobody = replace(SERVER, authorize={**SERVER.authorize, "plain": None, "aud": None})
    assert of(server_findings(known_as_nobody), Outcome.NOT_SEEN) == {CaseId.SMART_PLAIN, CaseId.SMART_AUD}


@pytest.mark.parametrize(
    ("address", "issuer", "may"),
    [
        ("https://epj.example/token", "https://epj.example/fhir", True),
        ("http://127.0.0.1:8/token", "http://localhost:9/fhir", True),
        ("http://127.0.0.1:8/token", "https://epj.example/fhir", False),
        ("http://localhost.example/token", "http://localhost:9/fhir", False),
        ("http://127.0.0.1.example/", "http://127.0.0.1/fhir", False),
        ("file:///etc/passwd", "http://127.0.0.1/fhir", False),
        (None, "https://epj.example/fhir", False),
    ],
)
def test_nobody_sends_us_elsewhere(address: Any, issuer: str, *, may: bool) -> None:
    assert may_be_asked(address, issuer) is may
