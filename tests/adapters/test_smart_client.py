from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.liar import MISSING
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
from support.smart_launch import launched, refused

from portal.domain import jose
from portal.domain.identity import Organisation
from portal.domain.oids import FNR

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def epj() -> Iterator[LyingEpj]:
    with lying_epj() as it:
        yield it


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
