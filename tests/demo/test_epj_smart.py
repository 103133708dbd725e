from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import pytest
import requests
from support.helseid import ANNA, BO, CATO
from support.journal_system import CLIENT, ES256, ES384, RS384, SCOPE, UNPUBLISHED, VERIFIER, standing
from support.serving import served
from support.staging import free_port

from portal.demo import people
from portal.demo.browser import Browser, Hop
from portal.demo.epj.app import Journal, app_of
from portal.domain import assertion, jose
from portal.domain.oids import ENH, FNR, HER, HPR
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.journal_system import Epj
    from support.keys import Pair

SOLVI, TRYGVE = people.SOLVI, people.TRYGVE


@pytest.fixture(scope="module")
def standing_epj(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Epj]:
    with standing(tmp_path_factory.mktemp("epj")) as epj:
        yield epj


@pytest.fixture
def epj(standing_epj: Epj) -> Iterator[Epj]:
    yield standing_epj
    standing_epj.clock.ahead, standing_epj.portal.is_up = timedelta(0), True


@pytest.fixture
def anna(epj: Epj) -> Browser:
    return epj.browser()


def numbers(resource: dict[str, Any]) -> dict[str, str]:
    return {identifier["system"]: identifier["value"] for identifier in resource["identifier"]}


def test_a_click_gives_the_portal_the_patient_and_the_contact(epj: Epj, anna: Browser) -> None:
    answer = epj.redeem(epj.code(anna))
    assert (answer.headers["Cache-Control"], answer.headers["Pragma"]) == ("no-store", "no-cache")
    tokens = answer.json()
    assert {name: tokens[name] for name in ("token_type", "expires_in", "scope", "need_patient_banner")} == {
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": SCOPE,
        "need_patient_banner": True,
    }
    patient = epj.seen(tokens, f"Patient/{tokens['patient']}")
    assert numbers(patient) == {FNR: SOLVI.number}
    assert patient["name"] == [{"family": "Fjellrev", "given": ["Sølvi"]}]
    assert patient["birthDate"] == "1975-01-31"
    contact = epj.seen(tokens, f"Encounter/{tokens['encounter']}")
    assert contact["subject"] == {"reference": f"Patient/{tokens['patient']}"}


def test_the_id_token_leads_to_the_clinician_and_her_office(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna)
    published = requests.get(f"{epj.origin}/jwks", timeout=5).json()["keys"]
    said = jose.verify(tokens["id_token"], published, algorithms=("RS256",), types=("JWT",)).claims
    assert (said["iss"], said["aud"], said["nonce"]) == (epj.origin, CLIENT, "the-nonce")
    assert 0 < said["exp"] - said["iat"] <= 300
    assert said["sub"] != ANNA.sub
    role = epj.seen(tokens, said["fhirUser"])
    practitioner = epj.seen(tokens, role["practitioner"]["reference"])
    assert numbers(practitioner) == {HPR: ANNA.hpr_number}
    assert practitioner["name"] == [{"text": "Anna Fastlege", "family": "Fastlege", "given": ["Anna"]}]
    office = epj.seen(tokens, role["organization"]["reference"])
    assert numbers(office) == {ENH: people.OFFICE["child"], HER: people.OFFICE_HER_ID}
    enterprise = epj.seen(tokens, office["partOf"]["reference"])
    assert numbers(enterprise) == {ENH: people.OFFICE["parent"], HER: people.OFFICE_PARENT_HER_ID}


def test_a_clinician_without_an_hpr_number_has_no_identifier(epj: Epj) -> None:
    tokens = epj.tokens(epj.browser(CATO))
    role = epj.seen(tokens, jose.peek(tokens["id_token"]).claims["fhirUser"])
    assert "identifier" not in epj.seen(tokens, role["practitioner"]["reference"])


def test_no_address_tells_of_anybody(epj: Epj) -> None:
    browser = epj.browser()
    tokens = epj.tokens(browser)
    addresses = [*browser.visited, tokens["patient"], jose.peek(tokens["id_token"]).claims["fhirUser"]]
    told = [SOLVI.number, SOLVI.family, SOLVI.id, ANNA.pid, str(ANNA.hpr_number)]
    # The journal's own page is not the portal's, and its name for her is in its own addresses.
    strangers = [address for address in addresses if not address.startswith(f"{epj.origin}/pasienter/")]
    assert len(strangers) > 5
    assert [address for address in strangers if any(part in address for part in told)] == []


def test_the_journal_hands_over_by_get_or_by_post(epj: Epj, anna: Browser) -> None:
    by_get = epj.press(anna)
    assert (by_get.method, by_get.url.partition("?")[0]) == ("GET", f"{epj.at_portal}/launch")
    assert by_get.query().keys() == {"iss", "launch"}
    assert by_get.query()["iss"] == epj.fhir
    click = Hop("POST", f"{epj.origin}/pasienter/solvi/smart?method=post", {}, epj.origin)
    by_post = epj.sent(anna, click)
    assert (by_post.method, by_post.url) == ("POST", f"{epj.at_portal}/launch")
    assert by_post.data is not None
    assert "code" in epj.authorize(anna, by_post.data["launch"])


def test_the_portal_may_ask_by_post(epj: Epj, anna: Browser) -> None:
    asked = epj.asking(epj.handle(anna))
    answer = epj.answered(anna.step(Hop("POST", f"{epj.origin}/authorize", asked)))
    assert answer["state"] == "the-state"
    assert epj.redeem(answer["code"]).status_code == 200


def test_two_tabs_of_one_browser_open_a_patient_each(epj: Epj, anna: Browser) -> None:
    first, second = epj.handle(anna, "solvi"), epj.handle(anna, "trygve")
    codes = [epj.authorize(anna, handle)["code"] for handle in (second, first)]
    trygve, solvi = (epj.redeem(code).json() for code in codes)
    assert numbers(epj.seen(solvi, f"Patient/{solvi['patient']}")) == {FNR: SOLVI.number}
    assert numbers(epj.seen(trygve, f"Patient/{trygve['patient']}")) == {FNR: TRYGVE.number}
    assert solvi["encounter"] != trygve["encounter"]


def test_the_same_patient_twice_is_one_patient_and_one_contact(epj: Epj, anna: Browser) -> None:
    first, second = epj.tokens(anna), epj.tokens(anna)
    assert (first["patient"], first["encounter"]) == (second["patient"], second["encounter"])
    users = {jose.peek(tokens["id_token"]).claims["fhirUser"] for tokens in (first, second)}
    assert len(users) == 1
    assert first["access_token"] != second["access_token"]


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


@pytest.mark.parametrize(("seconds", "status"), [(59, 200), (60, 400)])
def test_a_code_lives_a_minute(epj: Epj, anna: Browser, seconds: int, status: int) -> None:
    code = epj.code(anna)
    epj.clock.ahead = timedelta(seconds=seconds)
    assert epj.redeem(code).status_code == status


def test_a_code_that_comes_again_takes_back_what_it_gave(epj: Epj, anna: Browser) -> None:
    code = epj.code(anna)
    tokens = epj.redeem(code).json()
    assert epj.read(tokens, f"Patient/{tokens['patient']}").status_code == 200
    assert epj.redeem(code).json()["error"] == "invalid_grant"
    assert epj.read(tokens, f"Patient/{tokens['patient']}").status_code == 401


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        pytest.param({"code_verifier": "w" * 43}, "invalid_grant", id="another verifier"),
        pytest.param({"code_verifier": s256(VERIFIER)}, "invalid_grant", id="the challenge"),
        pytest.param({"code_verifier": None}, "invalid_request", id="no verifier"),
        pytest.param({"redirect_uri": "http://127.0.0.1:9/launch/callback"}, "invalid_grant", id="another address"),
        pytest.param({"code": "unknown"}, "invalid_grant", id="another code"),
        pytest.param({"grant_type": "client_credentials"}, "unsupported_grant_type", id="another grant"),
    ],
)
def test_a_code_is_redeemed_by_whoever_asked_for_it(
    epj: Epj, anna: Browser, changes: dict[str, str | None], error: str
) -> None:
    refused = epj.redeem(epj.code(anna), **changes)
    assert (refused.status_code, refused.json()["error"]) == (400, error)


@pytest.mark.parametrize("key", [ES384, RS384], ids=["ES384", "RS384"])
def test_either_algorithm_of_smart_will_do(epj: Epj, anna: Browser, key: Pair) -> None:
    assert epj.redeem(epj.code(anna), client_assertion=epj.assertion(key)).status_code == 200


@pytest.mark.parametrize(
    ("key", "claims"),
    [
        pytest.param(ES256, {}, id="ES256"),
        pytest.param(UNPUBLISHED, {}, id="a key that the portal does not show"),
        pytest.param(ES384, {"aud": "{origin}"}, id="for the issuer"),
        pytest.param(ES384, {"aud": "http://127.0.0.1:9/token"}, id="for another server"),
        pytest.param(ES384, {"iat": -310, "exp": -10}, id="expired"),
        pytest.param(ES384, {"exp": 301}, id="more than five minutes"),
        pytest.param(ES384, {"sub": "somebody"}, id="about another client"),
        pytest.param(ES384, {"iss": "somebody"}, id="by another client"),
        pytest.param(ES384, {"jti": ""}, id="no jti"),
    ],
)
def test_an_assertion_that_does_not_hold_is_refused_and_spends_no_code(
    epj: Epj, anna: Browser, key: Pair, claims: dict[str, Any]
) -> None:
    now = int(epj.clock().timestamp())
    made = {name: now + value if isinstance(value, int) else value for name, value in claims.items()}
    made |= {"aud": epj.origin} if made.get("aud") == "{origin}" else {}
    code = epj.code(anna)
    refused = epj.redeem(code, client_assertion=epj.assertion(key, **made))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert epj.redeem(code).status_code == 200


def test_an_assertion_is_good_once(epj: Epj, anna: Browser) -> None:
    once = epj.assertion()
    assert epj.redeem(epj.code(anna), client_assertion=once).status_code == 200
    assert epj.redeem(epj.code(anna), client_assertion=once).json()["error"] == "invalid_client"


@pytest.mark.parametrize("changes", [{"client_secret": "s"}, {"client_id": "other"}, {"client_assertion_type": "jwt"}])
def test_no_other_way_to_say_who_it_is(epj: Epj, anna: Browser, changes: dict[str, str]) -> None:
    assert epj.redeem(epj.code(anna), **changes).json()["error"] == "invalid_client"


def test_a_portal_that_shows_no_keys_may_come_again(epj: Epj) -> None:
    epj.portal.is_up, port = False, free_port()
    with served(app_of(Journal(epj.journal.config, epj.clock)), port):
        form = {"client_assertion_type": assertion.TYPE, "client_assertion": epj.assertion()}
        answer = requests.post(f"http://127.0.0.1:{port}/token", data=form, timeout=5)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")


def test_a_token_shows_the_patient_of_its_own_launch_and_no_other(epj: Epj, anna: Browser) -> None:
    solvi, trygve = epj.tokens(anna), epj.tokens(anna, "trygve")
    bo = jose.peek(epj.tokens(epj.browser(BO))["id_token"]).claims["fhirUser"]
    others = [f"Patient/{trygve['patient']}", f"Encounter/{trygve['encounter']}", bo, f"Patient/{SOLVI.number}"]
    for reference in others:
        refused = epj.read(solvi, reference)
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (404, "not-found")


def test_a_scope_that_was_not_granted_opens_nothing(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna, scope="launch patient/Patient.r system/Patient.cruds")
    assert tokens["scope"] == "launch patient/Patient.r"
    assert "id_token" not in tokens
    assert epj.read(tokens, f"Patient/{tokens['patient']}").status_code == 200
    for reference in (f"Encounter/{tokens['encounter']}", "Observation/1"):
        refused = epj.read(tokens, reference)
        assert (refused.status_code, refused.json()["issue"][0]["code"]) == (403, "forbidden")


def test_nothing_is_read_without_a_token_that_lives(epj: Epj, anna: Browser) -> None:
    tokens = epj.tokens(anna)
    where = f"Patient/{tokens['patient']}"
    without = requests.get(f"{epj.fhir}/{where}", timeout=5)
    assert (without.status_code, without.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert epj.read({"access_token": "unknown"}, where).status_code == 401
    other_scheme = {"Authorization": f"DPoP {tokens['access_token']}"}
    assert requests.get(f"{epj.fhir}/{where}", headers=other_scheme, timeout=5).status_code == 401
    epj.clock.ahead = timedelta(seconds=300)
    late = epj.read(tokens, where)
    assert (late.status_code, late.json()["resourceType"]) == (401, "OperationOutcome")
    assert SOLVI.number not in late.text


def test_the_journal_says_what_it_can(epj: Epj) -> None:
    said = requests.get(f"{epj.fhir}/.well-known/smart-configuration", timeout=5).json()
    assert said["issuer"] == epj.origin
    for name in ("jwks_uri", "authorization_endpoint", "token_endpoint"):
        assert urlsplit(said[name]).netloc == urlsplit(epj.origin).netloc
    assert said["code_challenge_methods_supported"] == ["S256"]
    assert said["token_endpoint_auth_methods_supported"] == ["private_key_jwt"]
    assert said["token_endpoint_auth_signing_alg_values_supported"] == ["ES384", "RS384"]
    assert {"launch-ehr", "authorize-post", "sso-openid-connect", "permission-v2"} < set(said["capabilities"])
    assert set(SCOPE.split()) == set(said["scopes_supported"])
    assert requests.get(f"{epj.origin}/.well-known/openid-configuration", timeout=5).json() == said
    capable = requests.get(f"{epj.fhir}/metadata", timeout=5).json()
    assert (capable["resourceType"], capable["fhirVersion"]) == ("CapabilityStatement", "4.0.1")
    assert {one["type"] for one in capable["rest"][0]["resource"]} == {
        "Patient",
        "Encounter",
        "Practitioner",
        "PractitionerRole",
        "Organization",
    }
