from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.helseid import ANNA, BO

from portal.demo.browser import Browser, Hop

if TYPE_CHECKING:
    from support.journal_system import Epj


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"response_type": "token"}, "unsupported_response_type", id="another flow"),
        pytest.param({"response_type": None}, "invalid_request", id="no flow"),
        pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="plain PKCE"),
        pytest.param({"code_challenge_method": None}, "invalid_request", id="PKCE that is plain by default"),
        pytest.param({"code_challenge": None}, "invalid_request", id="no PKCE"),
        pytest.param({"code_challenge": "short"}, "invalid_request", id="no challenge of S256"),
        pytest.param({"aud": "http://127.0.0.1:9/fhir"}, "invalid_request", id="another server"),
        pytest.param({"aud": None}, "invalid_request", id="no aud"),
        pytest.param({"scope": "openid fhirUser"}, "invalid_scope", id="no launch in scope"),
        pytest.param({"scope": None}, "invalid_request", id="no scope"),
        pytest.param({"launch": "unknown"}, "invalid_request", id="another handle"),
        pytest.param({"launch": None}, "invalid_request", id="no handle"),
    ],
)
def test_a_wrong_question_is_refused_at_the_portal_s_address_and_spends_nothing(
    epj: Epj, anna: Browser, changes: dict[str, str | None], error: str
) -> None:
    handle = epj.handle(anna)
    refused = epj.authorize(anna, handle, **changes)
    assert (refused.get("error"), refused["state"]) == (error, "the-state")
    assert "code" not in refused
    assert "code" in epj.authorize(anna, handle)


def test_a_question_without_state_is_refused(epj: Epj, anna: Browser) -> None:
    refused = epj.authorize(anna, epj.handle(anna), state=None)
    assert refused == {"error": "invalid_request", "error_description": "state"}


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "somebody"},
        {"client_id": None},
        {"redirect_uri": "http://127.0.0.1:9/launch/callback"},
        {"redirect_uri": None},
    ],
)
def test_a_stranger_s_question_leads_nowhere(epj: Epj, anna: Browser, changes: dict[str, str | None]) -> None:
    query = urlencode(epj.asking(epj.handle(anna), **changes))
    page = anna.step(Hop("GET", f"{epj.origin}/authorize?{query}"))
    assert page.status == 400
    assert "Location" not in page.response.headers


def test_a_parameter_that_comes_twice_leads_nowhere(epj: Epj, anna: Browser) -> None:
    query = urlencode(epj.asking(epj.handle(anna)))
    assert anna.step(Hop("GET", f"{epj.origin}/authorize?{query}&state=other")).status == 400


def test_another_browser_gets_no_patient_and_spends_nothing(epj: Epj, anna: Browser) -> None:
    handle = epj.handle(anna)
    for other in (Browser(epj.folder), epj.browser(BO), epj.browser(ANNA)):
        assert epj.authorize(other, handle)["error"] == "invalid_request"
    assert "code" in epj.authorize(anna, handle)


def test_another_person_at_the_same_browser_gets_no_patient(epj: Epj, anna: Browser) -> None:
    handle = epj.handle(anna)
    anna.cookies.clear("127.0.0.1", "/", "helseid-demo")
    epj.sign_in(anna, "/login", BO)
    assert epj.authorize(anna, handle)["error"] == "invalid_request"


def test_whoever_has_signed_out_of_the_journal_opens_nothing(epj: Epj, anna: Browser) -> None:
    handle = epj.handle(anna)
    journal = anna.open(f"{epj.origin}/")
    anna.submit(journal, journal.form("/ut"))
    assert epj.authorize(anna, handle)["error"] == "invalid_request"


def test_a_handle_is_good_once(epj: Epj, anna: Browser) -> None:
    handle = epj.handle(anna)
    assert "code" in epj.authorize(anna, handle)
    assert epj.authorize(anna, handle)["error"] == "invalid_request"


@pytest.mark.parametrize(("seconds", "holds"), [(59, True), (60, False)])
def test_a_handle_lives_a_minute(epj: Epj, anna: Browser, seconds: int, *, holds: bool) -> None:
    handle = epj.handle(anna)
    epj.clock.ahead = timedelta(seconds=seconds)
    assert ("code" in epj.authorize(anna, handle)) is holds
