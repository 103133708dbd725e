from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.helseid import running
from support.raw_client import RawClient, refusal, registration

from portal.demo.helseid.address_register import AUDIENCE, PARTIES, SCOPE
from portal.demo.helseid.config import Party
from portal.domain import address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.helseid import Clock

    from portal.demo.helseid.provider import Provider

APIS = {AUDIENCE: (SCOPE, "nhn:cp-api/other"), "kjernejournal": ("kj/api",)}
OFFICE = Party(her_id="99000101", name="Granfjelldal", kind="Organization", organisation_number="999977774")
SERVICE = Party(her_id="99000102", name="Fastlege", kind="Service", parent_her_id="99000101")
CLOSED = SERVICE.model_copy(update={"her_id": "99000103", "kind": "Person", "active": False})
KNOWN: dict[str, Any] = {"parties": (OFFICE, SERVICE, CLOSED)}


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running(registration("epj", apis=APIS), registration("target"), **KNOWN) as provider:
        yield provider


def token_of(client: RawClient, scope: str = SCOPE) -> str:
    return str(client.machine(scope=scope).json()["access_token"])


def ask(client: RawClient, token: str, her_id: str = "99000102", scheme: str = "DPoP") -> requests.Response:
    path = f"{PARTIES}/{her_id}"
    headers = {"Authorization": f"{scheme} {token}", "DPoP": client.proof(path, token=token, method="GET")}
    return requests.get(client.url(path), headers=headers, timeout=5)


def test_a_service_is_told_with_its_organisation(epj: RawClient) -> None:
    said = ask(epj, token_of(epj)).json()
    assert (said["herId"], said["type"]) == (99000102, "Service")
    inner = said["communicationParty"]
    assert (inner["ParentHerId"], inner["ParentOrganizationNumber"]) == (99000101, 999977774)
    assert inner["IsValidCommunicationParty"] is True
    assert address.Party.model_validate(said).parent_organisation_number == "999977774"


def test_an_organisation_has_no_parent_and_takes_no_messages(epj: RawClient) -> None:
    said = ask(epj, token_of(epj), "99000101").json()
    assert said["communicationParty"]["ParentHerId"] == -1
    assert said["communicationParty"]["IsValidCommunicationParty"] is False
    read = address.Party.model_validate(said)
    assert (read.kind, read.parent_her_id, read.parent_organisation_number) == ("Organization", None, None)


def test_a_person_who_has_left_is_told_as_inactive(epj: RawClient) -> None:
    assert ask(epj, token_of(epj), "99000103").json()["communicationParty"]["Active"] is False


@pytest.mark.parametrize("her_id", ["1", "99000104"])
def test_a_her_id_that_nobody_has_is_not_found(epj: RawClient, her_id: str) -> None:
    assert ask(epj, token_of(epj), her_id).status_code == 404


@pytest.mark.parametrize("scope", ["kj/api", f"{SCOPE} kj/api"])
def test_a_token_that_is_for_others_too_is_refused(epj: RawClient, scope: str) -> None:
    assert refusal(ask(epj, token_of(epj, scope))) == "invalid_token"


def test_a_token_without_the_scope_is_refused(epj: RawClient) -> None:
    answer = ask(epj, token_of(epj, "nhn:cp-api/other"))
    assert (answer.status_code, answer.json()) == (403, {"error": "insufficient_scope"})


def test_another_scheme_another_key_or_an_old_token_does_not_do(
    epj: RawClient, target: RawClient, clock: Clock
) -> None:
    token = token_of(epj)
    assert refusal(ask(epj, token, scheme="Bearer")) == "invalid_token"
    assert refusal(ask(target, token)) == "invalid_dpop_proof"
    assert refusal(ask(epj, "x")) == "invalid_token"
    clock.ahead = timedelta(seconds=601)
    assert refusal(ask(epj, token)) == "invalid_token"


def test_a_register_that_is_told_to_be_down_answers_nobody() -> None:
    with running(registration("epj", apis=APIS), address_register_down=True, **KNOWN) as provider:
        client = RawClient(provider, "epj")
        assert ask(client, token_of(client)).status_code == 503
