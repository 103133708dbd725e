from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.liar import MISSING
from support.loopback import Says
from support.lying_epj import NUMBER, TOKEN, LyingEpj, lying_epj
from support.smart_launch import refused

from portal.domain.oids import FNR, HPR

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture
def epj() -> Iterator[LyingEpj]:
    with lying_epj() as it:
        yield it


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
