from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.keys import ec, rsa
from support.liar import MISSING
from support.loopback import Says
from support.lying_epj import (
    BACK,
    CHILD,
    CLIENT,
    EPJ,
    HER_ID,
    HPR_NUMBER,
    LAUNCH,
    NUMBER,
    PARENT,
    SECRET,
    TOKEN,
    LyingEpj,
    client_of,
    lying_epj,
)

from portal.domain import jose
from portal.domain.identity import Organisation
from portal.domain.oids import FNR, HPR
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from portal.adapters.smart.client import SmartClient
    from portal.domain.registration import SmartServer
    from portal.domain.smart.opened import Opened


@pytest.fixture
def epj() -> Iterator[LyingEpj]:
    with lying_epj() as it:
        yield it


def launched(epj: LyingEpj, client: SmartClient | None = None, server: SmartServer | None = None) -> Opened:
    client, server = client or client_of(epj), server or epj.registered()
    begun = client.begin(EPJ, server, LAUNCH)
    return client.finish(EPJ, server, epj.follow(begun.url), iss=None, verifier=begun.verifier, nonce=begun.nonce)


def refused(epj: LyingEpj, client: SmartClient | None = None, server: SmartServer | None = None) -> tuple[str, str]:
    with pytest.raises(SmartRejected) as caught:
        launched(epj, client, server)
    assert NUMBER not in str(caught.value)
    assert "Fjellheim" not in str(caught.value)
    return caught.value.code, caught.value.detail


def test_a_launch_goes_where_the_server_says_and_carries_what_smart_wants(epj: LyingEpj) -> None:
    begun = client_of(epj).begin(EPJ, epj.registered(), LAUNCH)
    address, _, query = begun.url.partition("?")
    asked = {name: value for name, (value,) in parse_qs(query).items()}
    assert address == epj.configuration["authorization_endpoint"]
    assert (asked["aud"], asked["launch"], asked["redirect_uri"]) == (epj.base, LAUNCH, BACK)
    assert (asked["state"], asked["nonce"]) == (begun.state, begun.nonce)
    assert len({begun.state, begun.nonce, begun.verifier}) == 3
    assert 43 <= len(begun.verifier) <= 128
    assert begun.verifier not in begun.url


def test_a_launch_is_opened_with_a_key(epj: LyingEpj) -> None:
    found = launched(epj)
    assert (found.fhir_user, found.hpr_number, found.encounter) == ("Practitioner/d-1", HPR_NUMBER, "e-1")
    assert (found.patient.number, found.patient.system, found.patient.name) == (NUMBER, FNR, "Ola Johan Fjellheim")
    assert (found.organisation, found.her_id) == (Organisation(PARENT, CHILD), HER_ID)
    (asked,) = epj.asked_for(TOKEN)
    assert jose.peek(asked.form["client_assertion"]).claims["aud"] == epj.origin + TOKEN
    assert "authorization" not in asked.headers
    assert asked.form.keys() == {
        "grant_type",
        "code",
        "code_verifier",
        "redirect_uri",
        "client_assertion_type",
        "client_assertion",
    }


def test_a_launch_is_opened_with_a_secret(epj: LyingEpj) -> None:
    client = client_of(epj, key=None)
    assert launched(epj, client, epj.registered(authentication="client_secret_basic")).patient.number == NUMBER
    (asked,) = epj.asked_for(TOKEN)
    assert asked.form.keys() == {"grant_type", "code", "code_verifier", "redirect_uri"}
    sent = b64decode(asked.headers["authorization"].removeprefix("Basic "))
    assert CLIENT.encode() not in sent
    assert SECRET.encode() not in sent


@pytest.mark.parametrize(
    ("authentication", "lacking"),
    [("private_key_jwt", {"key": None}), ("client_secret_basic", {"secrets": {"another": SECRET}})],
)
def test_what_we_lack_is_said_before_anything_is_asked(epj: LyingEpj, authentication: str, lacking: Any) -> None:
    code, detail = refused(epj, client_of(epj, **lacking), epj.registered(authentication=authentication))
    assert (code, authentication in detail, epj.asked) == ("smart_refused", True, [])


def test_every_read_carries_the_token_and_asks_for_fhir(epj: LyingEpj) -> None:
    launched(epj)
    reads = [asked for asked in epj.asked if asked.path.startswith("/fhir/") and "well-known" not in asked.path]
    assert len(reads) == 5
    for asked in reads:
        assert (asked.headers["authorization"], asked.headers["accept"]) == ("Bearer at-1", "application/fhir+json")


def test_no_secret_and_no_number_stands_in_an_address_that_we_call(epj: LyingEpj) -> None:
    launched(epj)
    assert all(not urlsplit(asked.path).query for asked in epj.asked)
    assert all(NUMBER not in asked.path for asked in epj.asked)


def test_a_launch_by_role_without_consultation(epj: LyingEpj) -> None:
    epj.claims, epj.tokens = {"fhirUser": f"{epj.base}/PractitionerRole/r-1"}, {"encounter": MISSING}
    found = launched(epj)
    assert (found.fhir_user, found.encounter, found.organisation) == (
        "Practitioner/d-1",
        None,
        Organisation(PARENT, CHILD),
    )


def test_an_issuer_may_end_with_a_slash(epj: LyingEpj) -> None:
    client, server = client_of(epj), epj.registered(issuer=f"{epj.base}/")
    assert f"aud={epj.base}/".replace(":", "%3A").replace("/", "%2F") in client.begin(EPJ, server, LAUNCH).url
    assert launched(epj, client, server).patient.number == NUMBER


@pytest.mark.parametrize(
    ("lie", "code", "told"),
    [
        pytest.param(
            lambda it: it.claims.update({"fhirUser": MISSING, "profile": "Practitioner/d-1"}),
            "smart_user_invalid",
            "the claim is called fhirUser",
            id="fhirUser under their own name",
        ),
        pytest.param(
            lambda it: (it.claims.update({"fhirUser": MISSING}), it.tokens.update({"fhirUser": "Practitioner/d-1"})),
            "smart_user_invalid",
            "not a member of the token response",
            id="fhirUser in the token response",
        ),
        pytest.param(
            lambda it: it.tokens.update({"patient": MISSING, "context": {"patient": "p-1"}}),
            "smart_patient_invalid",
            "not inside context",
            id="patient nested under context",
        ),
        pytest.param(
            lambda it: it.configuration.update({"jwks_uri": MISSING}),
            "smart_discovery_invalid",
            "jwks_uri: is missing",
            id="a required field missing",
        ),
        pytest.param(
            lambda it: it.configuration.update({"code_challenge_methods_supported": ["plain"]}),
            "smart_discovery_invalid",
            "must hold S256",
            id="plain alone",
        ),
        pytest.param(
            lambda it: it.tokens.update({"patient": "p-9"}),
            "smart_resource_invalid",
            "Patient: must be answered 200, was answered 404",
            id="FHIR id that the server does not have",
        ),
        pytest.param(
            lambda it: it.resources["Patient/p-1"].update({"id": "p-2"}),
            "smart_resource_invalid",
            "Patient.id:",
            id="FHIR id that does not match",
        ),
        pytest.param(
            lambda it: it.resources["Practitioner/d-1"]["identifier"][0].update(system=HPR.replace(".1.4.4", ".4")),
            "smart_practitioner_invalid",
            "lacks .1.4",
            id="the HPR number's system without .1.4",
        ),
        pytest.param(
            lambda it: it.resources["Patient/p-1"]["identifier"][0].update(system=FNR[8:]),
            "smart_patient_invalid",
            FNR,
            id="the number's system without urn:oid:",
        ),
        pytest.param(
            lambda it: it.tokens.update({"token_type": "DPoP"}),
            "smart_token_invalid",
            "token_type",
            id="another scheme",
        ),
        pytest.param(
            lambda it: it.claims.update({"aud": it.base}),
            "smart_token_invalid",
            "id_token, aud",
            id="aud is the FHIR base",
        ),
        pytest.param(
            lambda it: it.claims.update({"iss": it.base}),
            "smart_token_invalid",
            "id_token, iss",
            id="iss is the FHIR base",
        ),
        pytest.param(
            lambda it: it.claims.update({"nonce": MISSING}), "smart_token_invalid", "id_token, nonce", id="no nonce"
        ),
        pytest.param(
            lambda it: it.header.update({"kid": "rsa-9"}), "smart_token_invalid", "id_token, kid", id="an unknown key"
        ),
        pytest.param(
            lambda it: setattr(it, "keys", []),
            "smart_discovery_invalid",
            "jwks_uri: must answer",
            id="no keys at jwks_uri",
        ),
    ],
)
def test_a_mistake_that_vendors_make_is_told_in_words_to_act_on(
    epj: LyingEpj, lie: Callable[[LyingEpj], Any], code: str, told: str
) -> None:
    lie(epj)
    found, detail = refused(epj)
    assert found == code
    assert told in detail


@pytest.mark.parametrize(
    ("says", "code", "told"),
    [
        pytest.param(Says({"error": "invalid_grant"}, 400), "smart_refused", "invalid_grant", id="a used code"),
        pytest.param(
            Says({"error": NUMBER}, 400), "smart_refused", "token_endpoint: 400", id="a word nobody registered"
        ),
        pytest.param(Says(b"", 302, {"Location": "/"}), "smart_refused", "302", id="a redirect"),
        pytest.param(Says(b"<html>", 503), "smart_unreachable", "503", id="their trouble"),
        pytest.param(Says([]), "smart_token_invalid", "one JSON object", id="a list"),
        pytest.param(Says(b"access_token=at-1"), "smart_token_invalid", "one JSON object", id="a form"),
        pytest.param(Says(b"{" + b" " * 1_000_000 + b"}"), "smart_token_invalid", "1 MB", id="more than 1 MB"),
    ],
)
def test_a_token_endpoint_that_says_no_or_nonsense(epj: LyingEpj, says: Says, code: str, told: str) -> None:
    epj.overrides[TOKEN] = lambda _: says
    found, detail = refused(epj)
    assert (found, told in detail) == (code, True), detail
    assert not [asked for asked in epj.asked if "authorization" in asked.headers], "nothing is read without a token"


@pytest.mark.parametrize(
    ("server", "client"),
    [
        ({}, {"key": ec("portal-2", "P-384", "ES384").private}),
        ({"authentication": "client_secret_basic"}, {"secrets": {EPJ: "guessed"}}),
    ],
    ids=["another key", "another secret"],
)
def test_who_we_are_is_really_checked_by_this_server(epj: LyingEpj, server: Any, client: Any) -> None:
    code, detail = refused(epj, client_of(epj, **client), epj.registered(**server))
    assert (code, "invalid_client" in detail) == ("smart_refused", True)


def test_a_code_is_bound_to_its_verifier(epj: LyingEpj) -> None:
    client, server = client_of(epj), epj.registered()
    begun, other = client.begin(EPJ, server, LAUNCH), client.begin(EPJ, server, LAUNCH)
    with pytest.raises(SmartRejected) as caught:
        client.finish(EPJ, server, epj.follow(begun.url), iss=None, verifier=other.verifier, nonce=begun.nonce)
    assert (caught.value.code, "invalid_grant" in caught.value.detail) == ("smart_refused", True)


@pytest.mark.parametrize(
    ("iss", "promised"),
    [("https://another.example.no", False), ("", False), (None, True)],
    ids=["another server's", "an empty one", "none where one was promised"],
)
def test_an_answer_in_another_servers_name_reaches_no_token_endpoint(
    epj: LyingEpj, iss: str | None, *, promised: bool
) -> None:
    epj.configuration["authorization_response_iss_parameter_supported"] = promised
    client, server = client_of(epj), epj.registered()
    begun = client.begin(EPJ, server, LAUNCH)
    with pytest.raises(SmartRejected) as caught:
        client.finish(EPJ, server, epj.follow(begun.url), iss=iss, verifier=begun.verifier, nonce=begun.nonce)
    assert (caught.value.code, "RFC 9207" in caught.value.detail) == ("smart_launch_invalid", True)


def test_a_code_of_another_launch_is_found_out_by_its_nonce(epj: LyingEpj) -> None:
    client, server = client_of(epj), epj.registered()
    begun = client.begin(EPJ, server, LAUNCH)
    with pytest.raises(SmartRejected) as caught:
        client.finish(EPJ, server, epj.follow(begun.url), iss=None, verifier=begun.verifier, nonce="another")
    assert (caught.value.code, "id_token, nonce" in caught.value.detail) == ("smart_token_invalid", True)


def test_an_id_token_that_somebody_else_signed_is_refused_before_anything_is_read(epj: LyingEpj) -> None:
    epj.signer = rsa("forged").private
    code, detail = refused(epj)
    assert (code, "id_token, signature" in detail) == ("smart_token_invalid", True)
    assert not [asked for asked in epj.asked if "authorization" in asked.headers]
