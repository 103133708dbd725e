from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.keys import ec, rsa
from support.lying_epj import EPJ, LAUNCH, LyingEpj, client_of, lying_epj
from support.smart_launch import refused

from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def epj() -> Iterator[LyingEpj]:
    with lying_epj() as it:
        yield it


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
