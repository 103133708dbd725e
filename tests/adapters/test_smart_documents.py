"""The portal as a client of a SMART server whose journal takes documents: what it asks for, keeps, and renews."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from support.loopback import Says
from support.lying_epj import EPJ, LAUNCH, SECRET, TOKEN, LyingEpj, client_of, lying_epj
from support.smart_launch import launched

from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.domain.smart.access import Access

DOCUMENTS = "patient/DocumentReference.rs patient/DocumentReference.cu"


@pytest.fixture
def epj() -> Iterator[LyingEpj]:
    with lying_epj() as it:
        yield it


def access(epj: LyingEpj, *, documents: bool = True, **tokens: Any) -> Access | None:
    epj.tokens = {"scope": f"openid {DOCUMENTS}"} | tokens
    return launched(epj, server=epj.registered(documents=documents)).access


def held(epj: LyingEpj, **tokens: Any) -> Access:
    renewable: dict[str, Any] = {"refresh_token": "rt-1", "expires_in": 300}
    found = access(epj, **renewable | tokens)
    assert found
    return found


def test_the_scopes_are_asked_for_where_the_registration_says_so(epj: LyingEpj) -> None:
    asked = [
        parse_qs(client_of(epj).begin(EPJ, epj.registered(documents=takes), LAUNCH).url)["scope"][0]
        for takes in (True, False)
    ]
    assert [DOCUMENTS in scope for scope in asked] == [True, False]


def test_what_opens_the_journal_comes_with_the_launch(epj: LyingEpj) -> None:
    found = held(epj)
    assert (found.access_token, found.refresh_token) == ("at-1", "rt-1")
    assert (found.patient, found.practitioner, found.encounter) == ("Patient/p-1", "Practitioner/d-1", "Encounter/e-1")
    assert found.expires_at == epj.now + timedelta(minutes=5)


def test_nothing_is_kept_where_nothing_was_granted_or_registered(epj: LyingEpj) -> None:
    assert access(epj, scope="openid launch") is None
    assert access(epj, documents=False) is None


def test_it_is_renewed_with_our_key(epj: LyingEpj) -> None:
    found = held(epj)
    epj.now += timedelta(minutes=10)
    renewed = client_of(epj).renew(EPJ, epj.registered(documents=True), found)
    assert (renewed.access_token, renewed.refresh_token, renewed.patient) == ("at-2", "rt-1", found.patient)
    assert renewed.expires_at == epj.now + timedelta(hours=1)
    asked = epj.asked_for(TOKEN)[-1]
    assert (asked.form["grant_type"], asked.form["refresh_token"]) == ("refresh_token", "rt-1")
    assert "client_assertion" in asked.form


def test_it_is_renewed_with_our_secret(epj: LyingEpj) -> None:
    server = epj.registered(documents=True, authentication="client_secret_basic")
    assert client_of(epj, key=None).renew(EPJ, server, held(epj)).access_token == "at-2"
    assert SECRET not in str(epj.asked_for(TOKEN)[-1])


def test_a_new_refresh_token_takes_the_place_of_the_old(epj: LyingEpj) -> None:
    found = held(epj)
    answer = {"access_token": "at-2", "token_type": "Bearer", "refresh_token": "rt-2", "expires_in": 60}
    epj.overrides[TOKEN] = lambda _: Says(answer)
    renewed = client_of(epj).renew(EPJ, epj.registered(), found)
    assert (renewed.refresh_token, renewed.expires_at) == ("rt-2", epj.now + timedelta(minutes=1))


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Says({"error": "invalid_grant"}, 400), "smart_refused"),
        (Says({"access_token": "at-2", "token_type": "mac"}), "smart_token_invalid"),
        (Says(b"<html>", 200), "smart_token_invalid"),
        (Says(b"", 503), "smart_unreachable"),
    ],
)
def test_what_cannot_be_renewed_is_told_without_a_token(epj: LyingEpj, answer: Says, code: str) -> None:
    found = held(epj)
    epj.overrides[TOKEN] = lambda _: answer
    with pytest.raises(SmartRejected) as caught:
        client_of(epj).renew(EPJ, epj.registered(), found)
    assert caught.value.code == code
    assert [token for token in ("at-1", "at-2", "rt-1") if token in str(caught.value)] == []
