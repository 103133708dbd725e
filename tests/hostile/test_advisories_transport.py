"""One test per advisory: how the portal talks to HelseID, and how much it listens to."""

from __future__ import annotations

import gzip
import ssl
import time
import zlib
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.certificates import authority
from support.liar import TOKEN
from support.loopback import Says, http_server, raw_server
from support.siege import another_process

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from support.siege import Siege

pytestmark = pytest.mark.hostile


@pytest.fixture
def siege(lone_siege: Siege) -> Siege:
    """Here every test has a portal of its own."""
    return lone_siege


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "gzip, gzip", "br", "zstd", "x"])
def test_CVE_2026_44432_nothing_is_unpacked(siege: Siege, encoding: str) -> None:
    """urllib3: a small answer became gigabytes."""
    packed = gzip.compress(bytes(100_000_000), 9) if "gzip" in encoding else zlib.compress(bytes(10_000_000))
    siege.liar.overrides[TOKEN] = lambda _: Says(packed, 200, {"Content-Encoding": encoding})
    began = time.monotonic()
    siege.refused(siege.attack(), 503, "helseid_down")
    assert time.monotonic() - began < 5
    assert "accept-encoding" not in siege.liar.asked_for(TOKEN)[0].headers or (
        siege.liar.asked_for(TOKEN)[0].headers["accept-encoding"] == "identity"
    )


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 3_000_000, id="a size of 3 MB"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 3_000_000, id="a header of 3 MB"),
        pytest.param(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000 + b"\r\n", id="10 000 headers"),
        pytest.param(b"HTTP/1.1 " + b"2" * 100_000, id="a status of 100 kB"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01", id="TLS"),
        pytest.param(b"", id="nothing"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", id="a length below zero"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 2\r\n\r\n{}", id="two lengths"),
        pytest.param(b"HTTP/1.1 101 Switching Protocols\r\n\r\n", id="another protocol"),
    ],
)
def test_CVE_2026_97689_an_answer_without_end_or_sense_is_left(siege: Siege, reply: bytes) -> None:
    """urllib3: the line with a chunk's size was read however long it was."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(reply)

    with raw_server(talk) as origin:
        settings = siege.settings.model_copy(update={"helseid_issuer": origin})
        with another_process(settings, siege.clock) as app:
            answer = app.test_client().get("/login", headers={"Host": settings.host})
    assert answer.status_code == 503
    assert b"Traceback" not in answer.data


def test_CVE_2026_25645_no_bundle_of_requests_own_is_ever_unpacked(
    siege: Siege, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """requests: a zipped CA bundle was unpacked under a name that anybody could foresee. Ours is the system's."""

    def never(path: str) -> str:
        pytest.fail(f"unpacked {path}")

    monkeypatch.setattr(requests.utils, "extract_zipped_paths", never)
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", "/nowhere")
    with _behind_tls(tmp_path) as origin:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        assert _login_at(siege, origin) == (503, "discovery: issuer"), "HelseID was heard out"


def test_CVE_2024_47081_no_password_of_the_machine_goes_along(
    siege: Siege, elsewhere: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """requests: credentials of .netrc leaked; and CVE-2026-97687 (urllib3): proxies of the environment."""
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login portal password hunter2\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "https_proxy"):
        monkeypatch.setenv(name, elsewhere)
    monkeypatch.setenv("no_proxy", "")
    visitor = siege.visitor()
    visitor.log_in()
    assert visitor.is_in()
    given = [asked.headers.get("authorization", "") for asked in siege.liar.asked]
    assert {scheme.partition(" ")[0] for scheme in given} == {"", "Bearer"}


def _behind_tls(folder: Path) -> Any:
    issued = authority(folder, "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(issued.certificate, issued.key)
    return http_server(lambda _: Says({}), lambda plain: context.wrap_socket(plain, server_side=True))


def _login_at(siege: Siege, origin: str) -> tuple[int, str]:
    settings = siege.settings.model_copy(update={"helseid_issuer": origin})
    with another_process(settings, siege.clock) as app:
        answer = app.test_client().get("/login", headers={"Host": settings.host})
    line = next(line for line in reversed(siege.lines.records) if line.__dict__.get("code") == "helseid_down")
    return answer.status_code, line.__dict__["rule"]


def test_GHSA_gr79_9v6v_gc9r_a_HelseID_whose_certificate_nobody_vouches_for_is_none(
    siege: Siege, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """dex: the TLS settings were there, and not used."""
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("PYTHONHTTPSVERIFY", "0")
    with _behind_tls(tmp_path) as origin:
        assert _login_at(siege, origin) == (503, origin), "the connection itself failed, not what came over it"
