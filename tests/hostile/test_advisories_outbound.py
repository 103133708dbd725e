"""One test per advisory: whom the portal talks to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

import pytest
from support.liar import DISCOVERY, JWKS, PAR, TOKEN, USERINFO
from support.loopback import Says

from portal.errors import UpstreamError

if TYPE_CHECKING:
    from support.siege import Siege

    from portal.adapters.http import Egress
pytestmark = pytest.mark.hostile


@pytest.fixture
def siege(lone_siege: Siege) -> Siege:
    """Here every test has a portal of its own."""
    return lone_siege


@pytest.mark.parametrize("name", ["request_uri", "request", "iss", "jwks_uri", "next", "target_link_uri", "claims"])
def test_CVE_2020_10770_no_parameter_makes_us_fetch_anything(siege: Siege, elsewhere: str, name: str) -> None:
    """Keycloak: `request_uri` was fetched."""
    visitor = siege.visitor()
    visitor.leave_for_helseid(**{name: f"{elsewhere}/x"})
    visitor.bring(visitor.begin() | {name: f"{elsewhere}/x"})
    visitor.ask(f"/logout?{urlencode({name: elsewhere})}")
    paths = {asked.path for asked in siege.liar.asked}
    assert paths <= {DISCOVERY, PAR, TOKEN, JWKS, USERINFO}


def test_CVE_2026_1180_keys_are_fetched_from_HelseID_s_own_origin_alone(siege: Siege, elsewhere: str) -> None:
    """Keycloak: `jwks_uri` led anywhere."""
    siege.liar.metadata["jwks_uri"] = f"{elsewhere}/jwks"
    siege.refused(siege.visitor().ask("/login"), 503, "helseid_down", "discovery: jwks_uri")


FORBIDDEN = [
    "http://127.0.0.1:1",
    "http://localhost:{}",
    "http://[::1]:{}",
    "http://[::ffff:127.0.0.1]:{}",
    "http://0x7f000001:{}",
    "http://2130706433:{}",
    "http://127.1:{}",
    "http://0.0.0.0:{}",
    "http://127.0.0.1.nip.io:{}",
    "http://169.254.169.254",
    "http://10.0.0.1",
    "gopher://127.0.0.1:{}",
    "ftp://127.0.0.1:{}",
    "file://127.0.0.1:{}",
    "unix:///var/run/docker.sock",
    "http://127.0.0.1:{}@evil.example",
    "http://evil.example#@127.0.0.1:{}",
    "http:/\\127.0.0.1:{}",
    "http://127.0.0.1:{}\t.evil.example",
    "http://127。0。0。1:{}",
]


@pytest.mark.parametrize("address", FORBIDDEN)
def test_CVE_2026_4874_another_spelling_of_a_host_is_another_host(siege: Siege, address: str) -> None:
    """Keycloak: a filter of addresses that others read differently."""
    port = siege.liar.origin.rpartition(":")[2]
    for name in ("token_endpoint", "jwks_uri", "userinfo_endpoint", "pushed_authorization_request_endpoint"):
        true = dict(siege.liar.metadata)
        siege.liar.metadata[name] = address.format(port) + "/connect/x"
        siege.refused(siege.visitor().ask("/login"), 503, "helseid_down", f"discovery: {name}")
        siege.liar.metadata = true
    assert siege.liar.count(PAR) == 0


def test_CVE_2026_4366_no_redirect_is_followed_wherever_it_leads(siege: Siege, elsewhere: str) -> None:
    """Keycloak: HTTP redirects led past the checks of the first address."""
    for path in (PAR, TOKEN, USERINFO):
        siege.liar.overrides[path] = lambda _: Says(b"", 307, {"Location": f"{elsewhere}/x"})
        answer = siege.visitor().ask("/login")
        siege.refused(siege.attack() if answer.status_code == 303 else answer, 502, "login_not_completed")
        del siege.liar.overrides[path]


def test_CVE_2026_44431_a_redirect_takes_no_credential_along(siege: Siege, elsewhere: str) -> None:
    """urllib3: sensitive headers went with a redirect to another origin."""
    siege.liar.overrides[USERINFO] = lambda _: Says(b"", 302, {"Location": f"{elsewhere}/userinfo"})
    siege.refused(siege.attack(), 502, "login_not_completed", "userinfo: 302")


def test_HelseID_s_client_has_no_way_out_but_HelseID(siege: Siege) -> None:
    egress: Egress = siege.app.extensions["portal"].helseid._egress  # noqa: SLF001  no answer shows it
    for address in ("http://127.0.0.1:1/", siege.origin, "http://169.254.169.254/", "https://helseid-sts.nhn.no/"):
        with pytest.raises(UpstreamError) as caught:
            egress.send("GET", address)
        assert caught.value.code == "egress_refused"
