from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from support.helseid import ANNA, CATO
from support.journal_system import CLIENT, SCOPE

from portal.demo import people
from portal.demo.browser import Browser, Hop
from portal.domain import jose
from portal.domain.oids import ENH, FNR, HER, HPR

if TYPE_CHECKING:
    from support.journal_system import Epj

SOLVI, TRYGVE = people.SOLVI, people.TRYGVE


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
        "DocumentReference",
    }
