"""The zone is the socket, whatever a client says of itself; slow clients wait at the proxy."""

from __future__ import annotations

import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from http.client import HTTPSConnection
from typing import TYPE_CHECKING

import pytest
from support.databases import copied
from support.site import HOST, NGINX, site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.site import Site

ZONES = ["helsenett", "internett"]
# More than the portal has threads, and less than the proxy waits for a body, on a busy machine.
SLOW, SOON = 40, 5
SECRET = "aVeryPrivateOneTimeCode"

pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    with site(folder, copied(migrated_sqlite, folder)) as running:
        yield running


def says(body: str, zone: str) -> bool:
    return f'data-zone="{zone}"' in body


@pytest.mark.parametrize("zone", ZONES)
def test_zone_is_the_address_that_accepts(running: Site, zone: str) -> None:
    answer = running.request("GET", zone, "/")
    assert answer.status_code == 200
    assert says(answer.text, zone)


@pytest.mark.parametrize(
    "header",
    [
        {"Forwarded": "for=10.0.0.1;host=helsenett.test;proto=http"},
        {"X-Forwarded-For": "10.0.0.1"},
        {"X-Forwarded-Host": "helsenett.test"},
        {"X-Forwarded-Port": "1"},
        {"X-Forwarded-Prefix": "/helsenett"},
        {"X-Forwarded-Proto": "http"},
        {"X-Forwarded-Protocol": "ssl"},
        {"X-Forwarded-Ssl": "on"},
        {"X-Real-IP": "10.0.0.1"},
        {"X-Zone": "helsenett"},
        {"Script-Name": "/helsenett"},
        {"Script_Name": "/helsenett"},
        {"Path-Info": "/helsenett"},
        {"Path_Info": "/helsenett"},
    ],
    ids=lambda header: next(iter(header)),
)
@pytest.mark.parametrize("zone", ZONES)
def test_no_header_moves_the_zone(running: Site, zone: str, header: dict[str, str]) -> None:
    assert running.request("GET", zone, "/", **header).text == running.request("GET", zone, "/").text
    assert running.behind(zone, "/", **header) == running.behind(zone, "/")
    assert says(running.behind(zone, "/", **header), zone)


def test_another_host_is_misdirected(running: Site) -> None:
    answer = running.request("GET", "internett", "/", Host="helsenett.test", **{"X-Forwarded-Host": HOST})
    assert answer.status_code == 421


def test_slow_bodies_do_not_stop_others(running: Site) -> None:
    with ExitStack() as slow:
        for _ in range(SLOW):
            begin_slow_body(running, slow)
        began = time.monotonic()
        answer = running.request("GET", "internett", "/health/ready")
        assert answer.status_code == 200
        assert time.monotonic() - began < SOON


def begin_slow_body(running: Site, slow: ExitStack) -> None:
    trust = ssl.create_default_context(cafile=running.folder / "ca.pem")
    connection = HTTPSConnection("127.0.0.1", running.listening["internett"], context=trust)
    slow.callback(connection.close)
    connection.putrequest("POST", "/oauth/token", skip_host=True)
    connection.putheader("Host", HOST)
    connection.putheader("Content-Type", "application/x-www-form-urlencoded")
    connection.putheader("Content-Length", "1000")
    connection.endheaders(b"g")


def test_tabs_that_ask_again_and_again_leave_the_rest_of_an_office_alone(running: Site) -> None:
    def asked(_: int) -> int:
        return running.request("GET", "internett", "/k/somebodys/state").status_code

    with ThreadPoolExecutor(8) as tabs:
        assert set(tabs.map(asked, range(600))) == {303}
    assert running.request("GET", "internett", "/").status_code == 200


def test_a_body_without_a_length_is_refused(running: Site) -> None:
    trust = ssl.create_default_context(cafile=running.folder / "ca.pem")
    connection = HTTPSConnection("127.0.0.1", running.listening["internett"], context=trust)
    connection.request("PUT", "/api/writeback/d-1", body=iter([b"{}"]), headers={"Host": HOST}, encode_chunked=True)
    assert connection.getresponse().status == 411
    connection.close()


def test_a_body_that_is_too_large_is_refused_before_it_is_sent(running: Site) -> None:
    answer = running.request("PUT", "internett", "/api/writeback/d-1", **{"Content-Length": str(21 * 1024 * 1024)})
    assert answer.status_code == 413


@pytest.mark.parametrize("zone", ZONES)
def test_operators_figures_stay_inside(running: Site, zone: str) -> None:
    assert running.request("GET", zone, "/metrics").status_code == 404
    assert "portal_deliveries" in running.behind(zone, "/metrics")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize("zone", ZONES)
def test_nothing_older_than_tls_1_2_is_spoken(running: Site, zone: str) -> None:
    def greeted(version: ssl.TLSVersion) -> str | None:
        trust = ssl.create_default_context(cafile=running.folder / "ca.pem")
        # Without this our own OpenSSL would refuse what it is to offer.
        trust.set_ciphers("ALL:@SECLEVEL=0")
        trust.minimum_version = trust.maximum_version = version
        plain = socket.create_connection(("127.0.0.1", running.listening[zone]))
        with plain, trust.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
            return secured.version()

    assert greeted(ssl.TLSVersion.TLSv1_2) == "TLSv1.2"
    with pytest.raises(ssl.SSLError, match="PROTOCOL_VERSION"):
        greeted(ssl.TLSVersion.TLSv1_1)


def test_the_proxy_does_not_tell_its_version(running: Site) -> None:
    assert running.request("GET", "internett", "/").headers["Server"] == "nginx"


def test_logs_know_the_path_and_nothing_that_was_sent_with_it(running: Site) -> None:
    running.request("GET", "internett", f"/start?code={SECRET}", Referer=SECRET, Cookie=SECRET, Authorization=SECRET)
    running.request("GET", "internett", "/one%0Atwo", **{"User-Agent": SECRET})
    wait_until(lambda: running.logged().count(" GET /start ") == running.logged().count(" GET /one%0Atwo ") == 2)
    assert SECRET not in running.logged()


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait for the log: gunicorn writes its line after it has answered."""
    deadline = time.monotonic() + 5
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_pages_and_styles_are_sent_compressed_and_not_again(running: Site) -> None:
    for path in ("/", "/static/vendor/designsystemet.css", "/api/catalogue/public"):
        answer = running.request("GET", "internett", path)
        assert answer.headers["Content-Encoding"] == "gzip"
        again = running.request("GET", "internett", path, **{"If-None-Match": answer.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")


def test_the_public_page_is_searched_in_either_network_without_a_trace_in_the_log(running: Site) -> None:
    for zone in ZONES:
        found = running.request("GET", zone, "/?q=aVeryRareWord+sykmelding")
        assert (found.status_code, says(found.text, zone)) == (200, True)
        assert "Sykmelding fra journal" in found.text
    assert "aVeryRareWord" not in running.logged()
