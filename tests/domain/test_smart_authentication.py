from __future__ import annotations

from base64 import b64decode
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from support.keys import Pair, ec, rsa

from portal.domain import jose
from portal.domain.pkce import challenge_holds
from portal.domain.registration import SmartServer
from portal.domain.smart import authentication, authorization

NOW = datetime(2026, 11, 20, 12, 0, 0, 900_000, tzinfo=UTC)
AT = int(NOW.timestamp())
TOKEN = "https://epj.test/auth/token"


@pytest.mark.parametrize("pair", [ec("k", "P-384", "ES384"), rsa("k", "RS384")], ids=["ES384", "RS384"])
def test_an_assertion_is_what_smart_wants_of_it(pair: Pair) -> None:
    form = authentication.by_key(pair.private, "portal", TOKEN, NOW, "jti-1")
    assert form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    algorithm = pair.private["alg"]
    jwt = jose.verify(form["client_assertion"], [pair.public], algorithms=(algorithm,), types=("JWT",))
    assert jwt.header == {"alg": algorithm, "kid": "k", "typ": "JWT"}
    times = {"iat": AT, "exp": AT + 60}
    assert jwt.claims == {"iss": "portal", "sub": "portal", "aud": TOKEN, "jti": "jti-1"} | times


def test_a_secret_is_form_urlencoded_before_it_is_encoded() -> None:
    header = authentication.by_secret("vår klient:1", "p+ s/å:&")["Authorization"]
    scheme, encoded = header.split(" ")
    assert scheme == "Basic"
    assert b64decode(encoded) == b"v%C3%A5r+klient%3A1:p%2B+s%2F%C3%A5%3A%26"


def test_a_launch_asks_for_all_that_we_would_read() -> None:
    server = SmartServer(issuer="https://epj.test/fhir", client_id="portal")
    url = authorization.address(
        "https://epj.test/authorize",
        server,
        redirect_uri="https://p.test/launch/callback",
        launch="a&b=c",
        state="s",
        nonce="n",
        verifier="v" * 64,
    )
    asked = {name: value for name, (value,) in parse_qs(urlsplit(url).query, strict_parsing=True).items()}
    assert challenge_holds("v" * 64, asked.pop("code_challenge"))
    assert url.startswith("https://epj.test/authorize?")
    assert asked == {
        "response_type": "code",
        "client_id": "portal",
        "redirect_uri": "https://p.test/launch/callback",
        "launch": "a&b=c",
        "scope": "openid fhirUser launch launch/patient launch/encounter patient/Patient.r patient/Encounter.r"
        " user/Practitioner.r user/PractitionerRole.r user/Organization.r",
        "state": "s",
        "nonce": "n",
        "aud": "https://epj.test/fhir",
        "code_challenge_method": "S256",
    }
