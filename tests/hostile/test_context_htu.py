"""facts/helseid §3: which address a proof is for, behind a proxy too, and what every process has seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.epj_server import CREATE, EpjServer
from support.serving import served
from support.siege import another_process

from portal.demo.ports import free_port

if TYPE_CHECKING:
    from support.siege import Siege

pytestmark = pytest.mark.hostile

PUBLIC = "https://inngang.example"


@pytest.fixture
def epj(siege: Siege) -> EpjServer:
    return EpjServer(siege)


def _is_refused(epj: EpjServer, htu: str, **headers: str) -> None:
    token = epj.token()
    proof = epj.proof(token, htu=htu)
    epj.refused(epj.call(token, proof, **headers), 401, "invalid_dpop_proof", proof, token)


@pytest.mark.parametrize(
    "other",
    [
        "https://{host}{path}",
        "http://evil.example{path}",
        "http://localhost:{port}{path}",
        "http://127.0.0.1{path}",
        "http://127.0.0.1:1{path}",
        "http://127.1:{port}{path}",
        "http://{host}.:{port}{path}",
        "http://user@{host}{path}",
        "http://{host}@evil.example{path}",
        "http://{host}{path}/",
        "http://{host}/{path}",
        "http://{host}{upper}",
        "http://{host}/api/session/end",
        "http://{host}/api/session/x/../create",
        "http://{host}/api/session/%63reate",
        "http://{host}{path};x",
        "http://{host}",
        "{path}",
        "//{host}{path}",
        "http:{path}",
        "http://{host}:x{path}",
        "http://[{host}{path}",
        "",
    ],
)
def test_htu_of_another_address(epj: EpjServer, other: str) -> None:
    host = epj.siege.settings.host
    port = host.rpartition(":")[2]
    _is_refused(epj, other.format(host=host, port=port, path=CREATE, upper=CREATE.upper()))


@pytest.mark.parametrize("htu", [1, None, ["http://127.0.0.1"], {}, "http://x/" + "x" * 4_000])
def test_htu_that_is_no_address(epj: EpjServer, htu: str) -> None:
    _is_refused(epj, htu)


@pytest.mark.parametrize("same", ["{}?", "{}?x=1", "{}#x", "{}?a#b"])
def test_htu_is_compared_without_query_and_fragment(epj: EpjServer, same: str) -> None:
    """RFC 9449 §4.3, point 9."""
    token = epj.token()
    assert epj.call(token, epj.proof(token, htu=same.format(f"{epj.siege.origin}{CREATE}"))).status == 201


def test_htu_is_compared_without_the_case_of_scheme_and_host(epj: EpjServer) -> None:
    token, host = epj.token(), epj.siege.settings.host
    assert epj.call(token, epj.proof(token, htu=f"HTTP://{host.upper()}{CREATE}")).status == 201


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-Host", "X-Forwarded-Server", "X-Original-Host", "X-Host", "X-HTTP-Host-Override", "Forwarded"],
)
def test_H221_a_header_that_names_another_host_changes_nothing(epj: EpjServer, header: str) -> None:
    value = "host=evil.example;proto=https" if header == "Forwarded" else "evil.example"
    for scheme in ("http", "https"):
        _is_refused(epj, f"{scheme}://evil.example{CREATE}", **{header: value, "X-Forwarded-Proto": scheme})
    token = epj.token()
    said = epj.call(token, epj.proof(token), **{header: value, "X-Forwarded-Proto": "https"})
    assert said.status == 201
    assert "evil.example" not in said.text + str(said.headers)


@pytest.mark.parametrize("header", ["X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Path"])
def test_a_header_that_names_another_path_changes_nothing(epj: EpjServer, header: str) -> None:
    _is_refused(epj, f"{epj.siege.origin}/api/session/end", **{header: "/api/session/end"})
    token = epj.token()
    assert epj.call(token, epj.proof(token), **{header: "/api/session/end"}).status == 201


def test_behind_a_proxy_the_address_is_the_public_one(epj: EpjServer) -> None:
    port, token = free_port(), epj.token()
    settings = epj.siege.settings.model_copy(update={"base_url": PUBLIC})
    with another_process(settings, epj.siege.clock) as behind, served(behind, port):
        here = f"http://127.0.0.1:{port}"
        for inner in (here, PUBLIC.replace("https", "http"), epj.siege.origin):
            proof = epj.proof(token, htu=f"{inner}{CREATE}")
            said = epj.call(token, proof, at=here, Host="inngang.example")
            epj.refused(said, 401, "invalid_dpop_proof", proof, token)
        said = epj.call(token, epj.proof(token, htu=f"{PUBLIC}{CREATE}"), at=here, Host="inngang.example")
        assert said.status == 201


def test_another_name_in_Host_is_not_ours(epj: EpjServer) -> None:
    token = epj.token()
    proof = epj.proof(token, htu=f"http://evil.example{CREATE}")
    epj.refused(epj.call(token, proof, Host="evil.example"), 421, "unknown_host", proof, token)


def test_what_one_process_has_seen_no_other_takes(siege_on_each: Siege) -> None:
    epj, port = EpjServer(siege_on_each), free_port()
    token = epj.token()
    seen, fresh = epj.proof(token), epj.proof(token)
    assert epj.call(token, seen).status == 201
    with another_process(epj.siege.settings, epj.siege.clock) as other, served(other, port):
        again = epj.call(token, seen, at=f"http://127.0.0.1:{port}")
        assert (again.status, again.code) == (401, "invalid_dpop_proof")
        assert epj.call(token, fresh, at=f"http://127.0.0.1:{port}").status == 201
    again = epj.call(token, fresh)
    assert (again.status, again.code) == (401, "invalid_dpop_proof")
    assert epj.opened() == 2
