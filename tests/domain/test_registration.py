from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import ValidationError

from portal.domain.client_registration import Client, PublicKey
from portal.domain.registration import Epj

if TYPE_CHECKING:
    from portal.domain.bodies import Body

KEY: dict[str, Any] = {"kty": "EC", "kid": "2026-1", "alg": "ES256", "crv": "P-256", "x": "a" * 43, "y": "b" * 43}
CLIENT: dict[str, Any] = {
    "client_id": "eksempel-register",
    "service": "eksempel-melding",
    "owner": "Eksempeletaten",
    "keys": [KEY],
    "launch_url": "https://melding.example.no/launch",
    "redirect_uris": ["https://melding.example.no/callback"],
}
EPJ: dict[str, Any] = {"id": "eksempel-epj", "name": "EksempelEPJ", "helseid_client_ids": ["7f3c"]}
# What no address may be: plain http elsewhere, user info, a fragment, a space, another scheme, no scheme.
BAD_ADDRESSES = [
    "http://melding.example.no/",
    "https://user@melding.example.no/",
    "https://melding.example.no/#x",
    "https://melding.example.no/a b",
    "javascript:alert(1)",
    "//melding.example.no/",
    "http://127.0.0.1.example.no/",
    "http://localhost@example.no/",
    "https://",
    "",
]


def fault(refused: pytest.ExceptionInfo[ValidationError]) -> str:
    """Where the first error stands; what holds for the whole says it in its text."""
    first = refused.value.errors()[0]
    return ".".join(map(str, first["loc"])) or first["msg"].removeprefix("Value error, ")


def test_what_may_be_left_out_is_the_least() -> None:
    client, epj = Client.model_validate(CLIENT), Epj.model_validate(EPJ)
    assert (client.release, client.writeback, client.keys[0].use) == ((), False, "sig")
    assert (epj.her_ids, epj.transport, epj.start_by_query, epj.files_by_itself) == ((), None, False, False)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8003/x", "http://[::1]/x", "http://localhost", "https://a.no/?b=c"]
)
def test_https_and_loopback_are_addresses(address: str) -> None:
    assert Client.model_validate({**CLIENT, "launch_url": address}).launch_url == address


@pytest.mark.parametrize("address", BAD_ADDRESSES)
@pytest.mark.parametrize(
    ("model", "given", "field"),
    [
        (Client, CLIENT, "launch_url"),
        (Client, CLIENT, "redirect_uris"),
        (Epj, {**EPJ, "transport": "simulator"}, "transport_address"),
    ],
)
def test_nothing_else_is(model: type[Body], given: dict[str, Any], field: str, address: str) -> None:
    value: object = [address] if field == "redirect_uris" else address
    with pytest.raises(ValidationError) as refused:
        model.model_validate({**given, field: value})
    assert fault(refused).startswith(field)


@pytest.mark.parametrize("field", ["client_id", "service", "owner", "keys", "launch_url", "redirect_uris"])
def test_a_client_needs(field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Client.model_validate({name: value for name, value in CLIENT.items() if name != field})
    assert fault(refused).startswith(field)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("client_id", "Eksempel"),
        ("client_id", "-eksempel"),
        ("client_id", "a" * 61),
        ("service", "eksempel melding"),
        ("owner", ""),
        ("owner", "to\nlinjer"),
        ("owner", "a" * 101),
        ("keys", []),
        ("redirect_uris", []),
        ("release", ["name"]),
        ("writeback", "perhaps"),
        ("client_secret", "hemmelig"),
    ],
)
def test_a_client_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Client.model_validate({**CLIENT, field: value})
    assert fault(refused).startswith(field)


def test_two_keys_may_not_share_a_kid() -> None:
    assert len(Client.model_validate({**CLIENT, "keys": [KEY, {**KEY, "kid": "2026-2"}]}).keys) == 2
    with pytest.raises(ValidationError, match="two keys share a kid"):
        Client.model_validate({**CLIENT, "keys": [KEY, KEY]})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("d", "private"),
        ("p", "private"),
        ("k", "shared"),
        ("kty", "oct"),
        ("alg", "RS256"),
        ("alg", "none"),
        ("crv", "secp256k1"),
        ("use", "enc"),
        ("kid", ""),
    ],
)
def test_a_key_is_refused(field: str, value: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PublicKey.model_validate({**KEY, field: value})
    assert fault(refused) == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "Eksempel"),
        ("id", ""),
        ("name", ""),
        ("helseid_client_ids", [""]),
        ("her_ids", ["0123"]),
        ("her_ids", ["1234567890"]),
        ("her_ids", ["12a"]),
        ("transport", "carrier-pigeon"),
        ("password", "hemmelig"),
    ],
)
def test_an_epj_is_refused(field: str, value: object) -> None:
    with pytest.raises(ValidationError) as refused:
        Epj.model_validate({**EPJ, field: value})
    assert fault(refused).startswith(field)


@pytest.mark.parametrize("half", [{"transport": "simulator"}, {"transport_address": "https://epj.example.no"}])
def test_a_transport_has_an_address(half: dict[str, str]) -> None:
    with pytest.raises(ValidationError, match="transport and transport_address go together"):
        Epj.model_validate({**EPJ, **half})
    whole = {"transport": "simulator", "transport_address": "https://epj.example.no"}
    assert Epj.model_validate({**EPJ, **whole}).transport == "simulator"


SMART = {"issuer": "https://epj.example.no/fhir", "client_id": "inngangsportalen"}


def test_an_epj_has_a_door_at_least() -> None:
    with pytest.raises(ValidationError, match="helseid_client_ids or smart must be given"):
        Epj.model_validate(EPJ | {"helseid_client_ids": []})
    assert Epj.model_validate(EPJ | {"helseid_client_ids": [], "smart": SMART}).smart


@pytest.mark.parametrize("address", BAD_ADDRESSES)
def test_a_smart_server_has_an_address_that_we_may_call(address: str) -> None:
    for change in ({"issuer": address}, {"origins": [address]}):
        with pytest.raises(ValidationError):
            Epj.model_validate(EPJ | {"smart": SMART | change})


def test_a_journal_takes_documents_only_where_that_is_registered() -> None:
    smart = {"issuer": "https://epj.example.no/fhir", "client_id": "us"}
    (left_out, takes) = (
        Epj.model_validate({**EPJ, "smart": smart | told}).smart
        for told in ({}, {"documents": True, "document_type": "B02-2"})
    )
    assert left_out
    assert takes
    assert (left_out.documents, left_out.document_type) == (False, "J00-1")
    assert (takes.documents, takes.document_type) == (True, "B02-2")


@pytest.mark.parametrize("kind", ["", "J00", "j00-1", "J00-1 ", "J00-111", "<x>"])
def test_a_document_s_type_is_a_code_of_volven(kind: str) -> None:
    smart = {"issuer": "https://epj.example.no/fhir", "client_id": "us", "document_type": kind}
    with pytest.raises(ValidationError) as refused:
        Epj.model_validate({**EPJ, "smart": smart})
    assert fault(refused) == "smart.document_type"
