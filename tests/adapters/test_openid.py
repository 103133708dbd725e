from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from support.issuer import BACK, CLIENT, NONCE, Issuer, client_of, issuer
from support.keys import ec
from support.loopback import Says

from portal.domain import dpop, jose
from portal.errors import SignInError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def helseid() -> Iterator[Issuer]:
    with issuer() as it:
        yield it


def test_the_address_carries_client_and_request_uri_alone(helseid: Issuer) -> None:
    begun = client_of(helseid).begin({"scope": "openid", "acr_values": "Level4"})
    address, query = begun.url.split("?")
    assert address == f"{helseid.origin}/connect/authorize"
    assert parse_qs(query) == {"client_id": [CLIENT], "request_uri": ["urn:ietf:params:oauth:request_uri:abc"]}


def test_what_is_pushed(helseid: Issuer) -> None:
    begun = client_of(helseid).begin(
        {"scope": "openid", "resource": "nhn:x", "state": "mine", "response_type": "token"}
    )
    pushed = helseid.asked_for("/connect/par")[0].form
    challenge = urlsafe_b64encode(hashlib.sha256(begun.verifier.encode()).digest()).rstrip(b"=").decode()
    expected = {
        "scope": "openid",
        "resource": "nhn:x",
        "response_type": "code",
        "redirect_uri": BACK,
        "state": begun.state,
        "nonce": begun.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
        "dpop_jkt": dpop.thumbprint(ec().public),
        "client_id": CLIENT,
    }
    assert expected.items() <= pushed.items()
    assert len({begun.state, begun.nonce, begun.verifier}) == 3
    assert 43 <= len(begun.verifier) <= 128


def test_a_code_is_redeemed_with_everything_new_in_the_second_try(helseid: Issuer) -> None:
    helseid.tokens["id_token"] = helseid.id_token("n")
    assert client_of(helseid).redeem("code-1", "v" * 43) == helseid.tokens
    first, second = helseid.asked_for("/connect/token")
    assert first.form["client_assertion"] != second.form["client_assertion"]
    assert jose.peek(first.headers["dpop"]).claims.get("nonce") is None
    assert jose.peek(second.headers["dpop"]).claims["nonce"] == NONCE
    sent = {"grant_type": "authorization_code", "code": "code-1", "code_verifier": "v" * 43, "redirect_uri": BACK}
    assert sent.items() <= second.form.items()


def test_a_server_that_is_never_content_with_the_nonce_is_asked_twice(helseid: Issuer) -> None:
    never = Says({"error": "use_dpop_nonce"}, 400, {"DPoP-Nonce": "again"})
    helseid.overrides["/connect/token"] = lambda _: never
    assert _refusal(helseid) == ("upstream_refused", "token: use_dpop_nonce", False)
    assert len(helseid.asked_for("/connect/token")) == 2


@pytest.mark.parametrize(
    ("says", "refusal"),
    [
        pytest.param(Says({"error": "invalid_grant"}, 400), ("token: invalid_grant", False), id="a used code"),
        pytest.param(Says({"error": "15849197352"}, 400), ("token: 400", False), id="a word that nobody registered"),
        pytest.param(Says({"error": ["x"]}, 401), ("token: 401", False), id="a list for a word"),
        pytest.param(Says([], 400), ("token: 400", False), id="a list for an object"),
        pytest.param(Says(b"<html>", 502), ("token: 502", True), id="their trouble"),
        pytest.param(Says(b"", 302, {"Location": "/"}), ("token: 302", False), id="a redirect"),
        pytest.param(Says({"error": "use_dpop_nonce"}, 400), ("token: use_dpop_nonce", False), id="no nonce to use"),
    ],
)
def test_a_refusal_is_told_in_registered_words(helseid: Issuer, says: Says, refusal: tuple[str, bool]) -> None:
    helseid.overrides["/connect/token"] = lambda _: says
    assert _refusal(helseid) == ("upstream_refused", *refusal)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"token_type": "Bearer"}, id="a token that is not bound"),
        pytest.param({"access_token": None}, id="no access token"),
        pytest.param({"access_token": 7}, id="access token is a number"),
        pytest.param({"id_token": None}, id="no id token"),
        pytest.param({"expires_in": "600"}, id="lifetime is a string"),
        pytest.param({"expires_in": True}, id="lifetime is true"),
        pytest.param({"expires_in": 0}, id="no lifetime"),
    ],
)
def test_tokens_of_another_shape_are_malformed(helseid: Issuer, change: dict[str, Any]) -> None:
    helseid.tokens |= {"id_token": helseid.id_token("n")} | change
    assert _refusal(helseid)[0] == "upstream_malformed"


def test_a_scope_that_helseid_rejected_is_a_refusal(helseid: Issuer) -> None:
    helseid.tokens |= {"id_token": helseid.id_token("n"), "rejected_scope": "nhn:kjernejournal/api"}
    assert _refusal(helseid) == ("upstream_refused", "token: rejected_scope", False)


@pytest.mark.parametrize("body", [b"[]", b"{", b'{"access_token": "a", "access_token": "b"}'])
def test_tokens_that_are_no_object_are_malformed(helseid: Issuer, body: bytes) -> None:
    helseid.overrides["/connect/token"] = lambda _: Says(body)
    assert _refusal(helseid)[0] == "upstream_malformed"


@pytest.mark.parametrize("answer", [{}, {"request_uri": 7}, {"request_uri": ""}])
def test_a_push_without_request_uri_is_malformed(helseid: Issuer, answer: dict[str, Any]) -> None:
    helseid.overrides["/connect/par"] = lambda _: Says(answer, 201)
    with pytest.raises(UpstreamError) as caught:
        client_of(helseid).begin({"scope": "openid"})
    assert caught.value.code == "upstream_malformed"


def test_the_id_token_says_who_it_is(helseid: Issuer) -> None:
    claims = client_of(helseid).identify({"id_token": helseid.id_token("n-1")}, "n-1")
    assert (claims["sub"], claims["sid"]) == ("s", "1")


def test_an_id_token_for_another_login_is_refused(helseid: Issuer) -> None:
    for token in (helseid.id_token("n-2"), "x", ""):
        with pytest.raises(SignInError) as caught:
            client_of(helseid).identify({"id_token": token}, "n-1")
        assert caught.value.code == "login_token_invalid"


def test_userinfo_takes_the_token_as_bearer(helseid: Issuer) -> None:
    assert client_of(helseid).userinfo("at-1") == {"sub": "s", "scheme": "Bearer"}


def test_userinfo_takes_the_token_with_a_proof_where_that_is_wanted(helseid: Issuer) -> None:
    assert client_of(helseid, userinfo_scheme="DPoP").userinfo("at-1") == {"sub": "s", "scheme": "DPoP"}
    assert len(helseid.asked_for("/connect/userinfo")) == 2


@pytest.mark.parametrize("resource", [None, "nhn:kjernejournal"])
def test_a_refresh_may_be_narrowed_to_one_api(helseid: Issuer, resource: str | None) -> None:
    assert client_of(helseid).tokens.refresh("rt-1", resource) == helseid.tokens
    form = helseid.asked_for("/connect/token")[1].form
    assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "rt-1")
    assert form.get("resource") == resource


def test_the_session_is_ended_at_the_issuer(helseid: Issuer) -> None:
    url = urlsplit(client_of(helseid).end_session_url("token", "https://p.test/logout", "s&1"))
    assert f"{url.scheme}://{url.netloc}{url.path}" == f"{helseid.origin}/connect/endsession"
    assert parse_qs(url.query) == {
        "id_token_hint": ["token"],
        "post_logout_redirect_uri": ["https://p.test/logout"],
        "state": ["s&1"],
    }


def test_no_secret_stands_in_an_address_that_we_call(helseid: Issuer) -> None:
    helseid.tokens["id_token"] = helseid.id_token("n")
    client = client_of(helseid)
    client.begin({"scope": "openid"})
    client.redeem("code-1", "v" * 43)
    client.userinfo("at-1")
    client.tokens.refresh("rt-1")
    assert all(not urlsplit(asked.path).query for asked in helseid.asked)


def _refusal(helseid: Issuer) -> tuple[str, str, bool]:
    with pytest.raises(UpstreamError) as caught:
        client_of(helseid).redeem("code-1", "v" * 43)
    return caught.value.code, caught.value.detail, caught.value.retryable
