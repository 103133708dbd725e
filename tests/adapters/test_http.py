from __future__ import annotations

import logging
import socket
import ssl
import time
from typing import TYPE_CHECKING

import pytest
from support.certificates import authority
from support.loopback import Asked, Says, http_server, raw_server

from portal.adapters.http import Answer, Egress
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def echo(asked: Asked) -> Says:
    return Says({"method": asked.method, "path": asked.path, "headers": asked.headers, "body": asked.body.decode()})


def failed(egress: Egress, url: str) -> UpstreamError:
    with pytest.raises(UpstreamError) as caught:
        egress.send("GET", url)
    return caught.value


def test_a_form_is_sent_and_the_answer_comes_back_whole() -> None:
    with http_server(echo) as origin:
        answer = Egress({origin}).send("POST", f"{origin}/a?b=c", headers={"DPoP": "x"}, data={"æ": "ø å"})
    said = answer.json()
    assert (answer.status, said["method"], said["path"], said["body"]) == (
        200,
        "POST",
        "/a?b=c",
        "%C3%A6=%C3%B8+%C3%A5",
    )
    assert said["headers"]["content-type"] == "application/x-www-form-urlencoded"
    assert said["headers"]["dpop"] == "x"


def test_bytes_are_sent_as_they_are() -> None:
    with http_server(echo) as origin:
        assert Egress({origin}).send("PUT", f"{origin}/", data=b"<xml/>").json()["body"] == "<xml/>"


def test_an_error_status_is_an_answer_like_any_other() -> None:
    with http_server(lambda _: Says({"error": "x"}, 400, {"DPoP-Nonce": "n"})) as origin:
        answer = Egress({origin}).send("GET", origin)
    assert (answer.status, answer.headers["dpop-nonce"], answer.json()) == (400, "n", {"error": "x"})


@pytest.mark.parametrize(
    "address",
    [
        pytest.param("http://127.0.0.1:{other}/", id="another port"),
        pytest.param("https://127.0.0.1:{port}/", id="another scheme"),
        pytest.param("http://localhost:{port}/", id="another name for the same host"),
        pytest.param("http://0x7f000001:{port}/", id="the number in hexadecimal"),
        pytest.param("http://2130706433:{port}/", id="the number in decimal"),
        pytest.param("http://127.1:{port}/", id="the number shortened"),
        pytest.param("http://[::ffff:127.0.0.1]:{port}/", id="the number mapped to IPv6"),
        pytest.param("http://127.0.0.1.evil.test:{port}/", id="a longer name"),
        pytest.param("http://127.0.0.1:{port}@evil.test/", id="userinfo that looks like us"),
        pytest.param("http://user:secret@127.0.0.1:{port}/", id="userinfo"),
        pytest.param("http://evil.test\\@127.0.0.1:{port}/", id="backslash before us"),
        pytest.param("http://127.0.0.1:{port}\\@evil.test/", id="backslash after us"),
        pytest.param("http://127.0.0.1:{port}#@evil.test/", id="fragment"),
        pytest.param("http://127.0.0.1:{port}.evil.test/", id="port that goes on"),
        pytest.param("http:///127.0.0.1:{port}/", id="three slashes"),
        pytest.param("//127.0.0.1:{port}/", id="no scheme"),
        pytest.param("HTTP://127.0.0.1:{port}/", id="scheme in capitals"),
        pytest.param(" http://127.0.0.1:{port}/", id="space in front"),
        pytest.param("http://127.0.0.1:{port}/\r\nHost: evil.test", id="line break"),
        pytest.param("http://127.0.0.1:{port}/\t", id="tab"),
        pytest.param("http://127.0.0.1:{port}/å", id="not ASCII"),
        pytest.param("file:///etc/passwd", id="file"),
        pytest.param("gopher://127.0.0.1:{port}/", id="gopher"),
        pytest.param("", id="nothing"),
    ],
)
def test_only_origins_on_the_list_are_reached(address: str) -> None:
    asked: list[Asked] = []

    def remember(request: Asked) -> Says:
        asked.append(request)
        return Says()

    with http_server(remember) as origin:
        port = int(origin.rsplit(":", 1)[1])
        error = failed(Egress({origin}), address.format(port=port, other=port + 1))
    assert (error.code, error.retryable, asked) == ("egress_refused", False, [])
    assert "secret" not in str(error)


@pytest.mark.parametrize("entry", ["example.test", "https://user@example.test", "https://*.test", ""])
def test_a_list_that_names_no_origin_is_refused_at_the_start(entry: str) -> None:
    with pytest.raises(UpstreamError):
        Egress({entry})


def test_a_default_port_may_be_left_out() -> None:
    error = failed(Egress({"https://127.0.0.1"}, connect_timeout=0.2), "https://127.0.0.1:443/")
    assert error.code == "upstream_unreachable"


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    paths: list[str] = []

    def redirect(asked: Asked) -> Says:
        paths.append(asked.path)
        return Says(b"", 302, {"Location": "/elsewhere"})

    with http_server(redirect) as origin:
        assert Egress({origin}).send("GET", f"{origin}/").status == 302
    assert paths == ["/"]


def test_the_environment_and_earlier_answers_play_no_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")

    def set_cookie(asked: Asked) -> Says:
        return Says({"headers": asked.headers}, 200, {"Set-Cookie": "a=b; Path=/"})

    with http_server(set_cookie) as origin:
        egress = Egress({origin})
        egress.send("GET", f"{origin}/")
        headers = egress.send("GET", f"{origin}/").json()["headers"]
    assert not {"cookie", "authorization"} & headers.keys()
    assert headers["accept-encoding"] == "identity"
    assert headers["user-agent"] == "inngangsportalen"


def _refusing_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_nobody_at_home_names_the_origin_only(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    origin = _refusing_port()
    error = failed(Egress({origin}), f"{origin}/secret-path?secret=query")
    assert (error.code, error.retryable) == ("upstream_unreachable", True)
    assert str(error) == f"upstream_unreachable: {origin}"
    assert error.__cause__ is None
    assert "secret" not in caplog.text


def test_what_works_is_not_logged_with_its_path(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with http_server(echo) as origin:
        Egress({origin}).send("GET", f"{origin}/secret-path?secret=query")
    assert "secret" not in caplog.text


def _drip(*, before: bytes) -> Callable[[socket.socket], None]:
    def talk(connection: socket.socket) -> None:
        connection.sendall(before)
        while True:
            connection.sendall(b"1")
            time.sleep(0.02)

    return talk


@pytest.mark.parametrize(
    "talk",
    [
        pytest.param(lambda _: time.sleep(1.2), id="silence"),
        pytest.param(_drip(before=b""), id="a status line that drips"),
        pytest.param(_drip(before=b"HTTP/1.1 200 OK\r\nX: "), id="a header that drips"),
        pytest.param(_drip(before=b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n"), id="a body that drips"),
        pytest.param(_drip(before=b"HTTP/1.1 200 OK\r\n\r\n"), id="a body without length that drips"),
        pytest.param(
            _drip(before=b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), id="a chunk length that drips"
        ),
    ],
)
def test_a_slow_server_is_left_in_time(talk: Callable[[socket.socket], None]) -> None:
    with raw_server(talk) as origin:
        started = time.monotonic()
        error = failed(Egress({origin}, connect_timeout=0.3, total_timeout=0.4), f"{origin}/")
        spent = time.monotonic() - started
    assert error.code == "upstream_unreachable"
    assert spent < 1.1


def test_a_slow_server_is_left_in_time_over_tls(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    issued = authority(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    talk = _drip(before=b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")
    with raw_server(talk, lambda plain: context.wrap_socket(plain, server_side=True)) as origin:
        started = time.monotonic()
        error = failed(Egress({origin}, connect_timeout=0.3, total_timeout=0.4), f"{origin}/")
        spent = time.monotonic() - started
    assert error.code == "upstream_unreachable"
    assert spent < 1.1


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff\xfe\r\n\r\n", id="no HTTP"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", id="half a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", id="a chunk without length"),
        pytest.param(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 70_000 + b"\r\n\r\n", id="a header of 70 kB"),
    ],
)
def test_what_is_not_an_answer(answer: bytes) -> None:
    with raw_server(lambda connection: connection.sendall(answer)) as origin:
        assert failed(Egress({origin}), f"{origin}/").code == "upstream_unreachable"


@pytest.mark.parametrize("header", [b"Content-Length: 101\r\n\r\n", b"\r\n"], ids=["announced", "not announced"])
def test_an_answer_that_is_too_large(header: bytes) -> None:
    whole = b"HTTP/1.1 200 OK\r\n" + header + b"x" * 101
    with raw_server(lambda connection: connection.sendall(whole)) as origin:
        assert failed(Egress({origin}, max_bytes=100), f"{origin}/").code == "upstream_malformed"
        assert len(Egress({origin}, max_bytes=101).send("GET", f"{origin}/").body) == 101


def test_json_that_is_not_json_is_malformed() -> None:
    with pytest.raises(UpstreamError) as caught:
        Answer(200, {}, b'{"a": NaN, "fnr": "15849197352"}').json()
    assert caught.value.code == "upstream_malformed"
    assert "15849197352" not in str(caught.value)


def test_tls_is_verified_against_the_trust_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    issued = authority(tmp_path, "127.0.0.1")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    with http_server(echo, lambda listener: context.wrap_socket(listener, server_side=True)) as origin:
        assert failed(Egress({origin}), f"{origin}/").code == "upstream_unreachable"
        monkeypatch.setenv("SSL_CERT_FILE", str(issued.authority))
        assert Egress({origin}).send("GET", f"{origin}/").status == 200
        named = origin.replace("127.0.0.1", "localhost")
        assert failed(Egress({named}), f"{named}/").code == "upstream_unreachable"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    ("version", "spoken"), [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)], ids=["1.1", "1.2"]
)
def test_nothing_older_than_tls_1_2_is_spoken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: ssl.TLSVersion, *, spoken: bool
) -> None:
    issued = authority(tmp_path, "127.0.0.1")
    monkeypatch.setenv("SSL_CERT_FILE", str(issued.authority))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    # Without this the server's own OpenSSL would refuse what it is to offer.
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with http_server(echo, lambda listener: context.wrap_socket(listener, server_side=True)) as origin:
        if spoken:
            assert Egress({origin}).send("GET", f"{origin}/").status == 200
        else:
            assert failed(Egress({origin}), f"{origin}/").code == "upstream_unreachable"
