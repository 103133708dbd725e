from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from portal.domain.registration import SmartServer
from portal.domain.smart import access, authorization, token_response

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
ANSWER: dict[str, Any] = {"access_token": "at-1", "token_type": "Bearer", "id_token": "it", "patient": "p-1"}
DOCUMENTS = "patient/DocumentReference.rs patient/DocumentReference.cu"


def opened(**changes: Any) -> access.Access | None:
    return access.of_launch(token_response.read(ANSWER | changes), "Practitioner/d-1", NOW)


@pytest.mark.parametrize(
    "scope",
    [
        DOCUMENTS,
        "openid patient/DocumentReference.cruds launch",
        "patient/DocumentReference.cru",
        "user/DocumentReference.cruds",
        "patient/*.cruds",
        "patient/DocumentReference.read patient/DocumentReference.write",
        "patient/DocumentReference.*",
        "patient/DocumentReference.rs user/DocumentReference.write",
    ],
)
def test_scopes_that_let_us_put_and_read_open_the_journal(scope: str) -> None:
    assert authorization.opens_documents(scope)
    assert opened(scope=scope)


@pytest.mark.parametrize(
    "scope",
    [
        "",
        "launch patient/Patient.r",
        "patient/DocumentReference.rs",
        "patient/DocumentReference.cu",
        "patient/DocumentReference.c patient/DocumentReference.r",
        "patient/DocumentReference.write",
        "patient/Binary.cruds",
        "system/DocumentReference.cruds",
        "patient/DocumentReference.cruds?category=x",
        "patient/DocumentReference.ucr",
        "xpatient/DocumentReference.cruds",
    ],
)
def test_less_does_not(scope: str) -> None:
    assert not authorization.opens_documents(scope)
    assert opened(scope=scope) is None


def test_without_a_scope_all_was_granted() -> None:
    found = opened(encounter="e-1", refresh_token="rt-1", expires_in=300)
    assert found
    assert (found.patient, found.practitioner, found.encounter) == ("Patient/p-1", "Practitioner/d-1", "Encounter/e-1")
    assert (found.refresh_token, found.expires_at) == ("rt-1", NOW + timedelta(minutes=5))


@pytest.mark.parametrize("told", [None, "300", -1, 1.5, 10**12])
def test_a_life_that_is_not_told_or_not_believed_is_an_hour(told: Any) -> None:
    found = opened(expires_in=told)
    assert found
    assert found.expires_at == NOW + timedelta(hours=1)


def test_a_token_that_is_about_to_expire_is_dead_already() -> None:
    found = opened(expires_in=300)
    assert found
    assert found.lives(NOW + timedelta(seconds=289))
    assert not found.lives(NOW + timedelta(seconds=290))


def test_no_token_stands_in_what_is_shown_of_it() -> None:
    found = opened(refresh_token="rt-secret")
    assert found
    assert "at-1" not in repr(found)
    assert "rt-secret" not in repr(replace(found, encounter="e"))


@pytest.mark.parametrize("documents", [True, False])
def test_documents_are_asked_for_where_the_journal_takes_them(*, documents: bool) -> None:
    server = SmartServer(issuer="https://epj.test/fhir", client_id="us", documents=documents)
    sent = {"redirect_uri": "r", "launch": "l", "state": "s", "nonce": "n", "verifier": "v" * 43}
    (scope,) = parse_qs(urlsplit(authorization.address("https://epj.test/a", server, **sent)).query)["scope"]
    assert authorization.opens_documents(scope) is documents
    assert ("online_access" in scope) is documents
    assert "DocumentReference.cruds" not in scope
