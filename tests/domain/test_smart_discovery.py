from __future__ import annotations

from typing import Any

import pytest
from support.keys import ec, rsa

from portal.domain.registration import SmartServer
from portal.domain.smart import discovery
from portal.errors import SmartRejected

SERVER = SmartServer(
    issuer="https://epj.test/fhir", client_id="portal", origins=("https://login.epj.test:8443/anything",)
)
DOCUMENT: dict[str, Any] = {
    "issuer": "https://login.epj.test:8443",
    "authorization_endpoint": "https://login.epj.test:8443/authorize",
    "token_endpoint": "https://epj.test/auth/token",
    "jwks_uri": "https://epj.test/auth/jwks.json",
    "grant_types_supported": ["authorization_code", "client_credentials"],
    "code_challenge_methods_supported": ["S256"],
    "capabilities": ["launch-ehr", "sso-openid-connect", "permission-v2"],
    "something_else": {"of": "no concern"},
}
REQUIRED = sorted(DOCUMENT.keys() - {"something_else"})


def refused(document: Any, server: SmartServer = SERVER) -> str:
    with pytest.raises(SmartRejected) as caught:
        discovery.read(document, server)
    assert caught.value.code == "smart_discovery_invalid"
    return caught.value.detail


def test_endpoints_at_the_issuer_and_at_a_registered_origin_are_found() -> None:
    addresses = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
    assert discovery.read(DOCUMENT, SERVER) == (*(DOCUMENT[name] for name in addresses), False)


@pytest.mark.parametrize(
    ("said", "promised"), [(True, True), (False, False), ("true", False), (None, False), (1, False)]
)
def test_a_server_that_promises_its_name_in_every_answer_is_taken_at_its_word(said: Any, *, promised: bool) -> None:
    promise = {"authorization_response_iss_parameter_supported": said}
    assert discovery.read(DOCUMENT | promise, SERVER).names_itself is promised


@pytest.mark.parametrize("issuer", ["http://127.0.0.1:8080/fhir", "http://localhost/fhir", "http://[::1]:1/fhir/"])
def test_loopback_may_do_without_tls(issuer: str) -> None:
    origin = issuer.split("/fhir", maxsplit=1)[0]
    moved = {
        "issuer": issuer,
        **dict.fromkeys(("authorization_endpoint", "token_endpoint", "jwks_uri"), f"{origin}/x"),
    }
    assert (
        discovery.read(DOCUMENT | moved, SmartServer(issuer=issuer, client_id="portal")).token_endpoint == f"{origin}/x"
    )


@pytest.mark.parametrize("name", REQUIRED)
def test_a_required_field_that_is_missing_is_named(name: str) -> None:
    detail = refused({field: value for field, value in DOCUMENT.items() if field != name})
    assert name in detail
    assert "Conformance" in detail


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("value", [None, 7, {}, [], "", ["x"], [[]], "authorization_code S256 launch-ehr"])
def test_a_field_of_another_kind_is_named(name: str, value: Any) -> None:
    assert name in refused(DOCUMENT | {name: value})


@pytest.mark.parametrize("document", [None, [], "x", 7, [DOCUMENT]])
def test_what_is_no_object_is_refused(document: Any) -> None:
    assert "JSON object" in refused(document)


@pytest.mark.parametrize(
    ("name", "offered", "lacking"),
    [
        pytest.param("capabilities", ["sso-openid-connect"], "launch-ehr", id="no EHR launch"),
        pytest.param("capabilities", ["launch-ehr"], "sso-openid-connect", id="no id token"),
        pytest.param("code_challenge_methods_supported", ["plain"], "S256", id="plain alone"),
        pytest.param("grant_types_supported", ["client_credentials"], "authorization_code", id="no codes"),
    ],
)
def test_what_a_launch_needs_must_be_offered(name: str, offered: list[str], lacking: str) -> None:
    detail = refused(DOCUMENT | {name: offered})
    assert name in detail
    assert lacking in detail


@pytest.mark.parametrize("authentication", ["private_key_jwt", "client_secret_basic"])
def test_our_way_to_authenticate_must_be_among_those_that_are_listed(authentication: Any) -> None:
    server = SERVER.model_copy(update={"authentication": authentication})
    listed = {"token_endpoint_auth_methods_supported": ["client_secret_post", authentication]}
    assert discovery.read(DOCUMENT | listed, server)
    detail = refused(DOCUMENT | {"token_endpoint_auth_methods_supported": ["client_secret_post"]}, server)
    assert f"token_endpoint_auth_methods_supported: must hold {authentication}" in detail
    assert "list" in refused(DOCUMENT | {"token_endpoint_auth_methods_supported": authentication}, server)


@pytest.mark.parametrize("name", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"])
@pytest.mark.parametrize(
    "address",
    [
        pytest.param("https://evil.test/x", id="another host"),
        pytest.param("http://epj.test/x", id="no TLS"),
        pytest.param("https://epj.test:8443/x", id="another port"),
        pytest.param("https://login.epj.test/x", id="a registered host on another port"),
        pytest.param("https://login.epj.test:84430/x", id="a port that goes on"),
        pytest.param("https://epj.test.evil.test/x", id="our origin as a prefix"),
        pytest.param("https://epj.test@evil.test/x", id="our origin as userinfo"),
        pytest.param("https://user@epj.test/x", id="userinfo"),
        pytest.param("https://epj.test\\@evil.test/x", id="a backslash"),
        pytest.param("https://EPJ.test/x", id="capitals"),
        pytest.param("HTTPS://epj.test/x", id="a scheme in capitals"),
        pytest.param("//epj.test/x", id="no scheme"),
        pytest.param("/auth/token", id="a path alone"),
        pytest.param(" https://epj.test/x", id="a space before"),
        pytest.param("https://epj.test/x\n", id="a line break"),
        pytest.param("https://epj.test/x\r\nHost: evil.test", id="a header"),
        pytest.param("https://epj.test/x#y", id="a fragment"),
        pytest.param("https://epj.test/x?client_id=evil", id="a query"),
        pytest.param("https://epj.test/ø", id="beyond ASCII"),
        pytest.param("https://epj.test/" + "a" * 400, id="400 letters"),
        pytest.param("http://169.254.169.254/latest/meta-data", id="the cloud's own data"),
        pytest.param("http://127.0.0.1/x", id="our own machine"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("javascript:alert(1)", id="a script"),
    ],
)
def test_an_address_that_leads_elsewhere_is_refused_and_not_repeated(name: str, address: str) -> None:
    detail = refused(DOCUMENT | {name: address})
    assert detail.startswith(name)
    assert address.strip() not in detail


def test_keys_for_signatures_are_kept() -> None:
    unsaid = {name: value for name, value in rsa("rsa-2").public.items() if name != "use"}
    listed = [rsa().public | {"use": "sig"}, unsaid, ec("enc").public | {"use": "enc"}]
    assert [key["kid"] for key in discovery.keys({"keys": listed})] == ["rsa-1", "rsa-2"]


@pytest.mark.parametrize(
    "document", [None, [], {}, {"keys": {}}, {"keys": []}, {"keys": ["x"]}, {"keys": [rsa().public] * 51}]
)
def test_keys_that_cannot_be_read_are_refused(document: Any) -> None:
    with pytest.raises(SmartRejected) as caught:
        discovery.keys(document)
    assert caught.value.code == "smart_discovery_invalid"
    assert caught.value.detail.startswith("jwks_uri")
