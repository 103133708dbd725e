from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.public_address import is_public, public_url

if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv6Address

OURS = [
    "0.0.0.0",  # noqa: S104  an address like any other here
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.255",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.2.1",
    "192.168.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
    "2001::1",
    "2001:db8::1",
    "2002:808:808::1",
    "3fff::1",
    "fc00::1",
    "fd00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


@pytest.mark.parametrize("address", OURS)
def test_what_is_not_on_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "2a00:1450:400f::200e"])
def test_what_is(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_address_in_the_clothes_of_the_new_protocol_is_never_public(address: IPv4Address) -> None:
    for clothes in ("::ffff:{}", "64:ff9b::{}", "::{}"):
        assert not is_public(clothes.format(address))


@given(st.ip_addresses(v=6, network="fc00::/7") | st.ip_addresses(v=6, network="fe80::/10"))
def test_no_network_of_ones_own_is(address: IPv6Address) -> None:
    assert not is_public(str(address))


@pytest.mark.parametrize("address", ["", "x", "1.2.3", "0x7f000001", "localhost", "127.0.0.1:80"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  ipaddress says it in its own words
        is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://nokler.example.no/jwks",
        "https://nokler.example.no:8443/jwks?v=1",
        "https://xn--frde-qoa.no",
        "https://8.8.8.8/jwks",
        "https://[2606:4700::1111]:443/jwks",
    ],
)
def test_an_address_that_may_be_asked(url: str) -> None:
    assert public_url(url) == url


HOSTS = [
    *(f"[{address}]" if ":" in address else address for address in OURS),
    "0x7f000001",
    "0x7f.1",
    "2130706433",
    "017700000001",
    "127.1",
    "8.8.8",
    "0177.0.0.1",
    "localhost",
    "LOCALHOST",
    "x.localhost",
    "journal.local",
    "JOURNAL.LOCAL",
    "x.internal",
    "x.home.arpa",
    "x.onion",
    "intranett",
    "x.",
    "x.no.",
    ".no",
    "a..no",
    "-x.no",
    "x_y.no",
    "*.no",
    "ø.no",
    "[::1%eth0]",
    "[127.0.0.1]",
    "",
]


@pytest.mark.parametrize("host", HOSTS)
def test_a_host_that_may_not(host: str) -> None:
    for url in (f"https://{host}/jwks", f"https://{host}:8443/jwks", f"https://{host}"):
        with pytest.raises(ValueError, match="open internet"):
            public_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://x.no/jwks",
        "HTTPS://x.no/jwks",
        "file:///etc/passwd",
        "gopher://x.no/",
        "ftp://x.no/",
        "//x.no/jwks",
        "https:/x.no",
        "https://user@x.no/",
        "https://x.no@127.0.0.1/",
        "https://x.no\\@127.0.0.1/",
        "https://x.no#@127.0.0.1/",
        "https://x.no:99999999/",
        "https://x.no:/",
        "https://x.no/ jwks",
        "https://x.no/\njwks",
        " https://x.no/",
        "https://x.no/\n",
    ],
)
def test_what_is_no_https_address_of_one_host(url: str) -> None:
    with pytest.raises(ValueError, match="https"):
        public_url(url)
