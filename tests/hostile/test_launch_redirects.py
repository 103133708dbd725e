"""facts/security §4.3, H057 to H074: an answer goes to the registered address, byte for byte, and to no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.liar import MISSING
from support.raw_target import NOTHING

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile

REGISTERED = "http://127.0.0.1:9/demo-melding/callback"
HOST, PATH = "http://127.0.0.1:9", "/demo-melding/callback"
VARIANTS: dict[str, list[Any]] = {
    "H057_what_it_begins_with": [HOST, f"{HOST}/", f"{HOST}/demo-melding", REGISTERED[:-1]],
    "H058_what_begins_with_it": [f"{REGISTERED}x", f"{REGISTERED}/evil", f"{REGISTERED}.evil.example"],
    "H059_a_host_below_or_beside": ["http://evil.127.0.0.1:9" + PATH, "http://127.0.0.1.evil.example:9" + PATH],
    "H060_dots_and_a_quoted_slash": [f"{HOST}/evil/..%2f{PATH}", f"{REGISTERED}/..%2f..%2fevil", f"{HOST}/x/..{PATH}"],
    "H061_quoted_twice": [f"{REGISTERED}%252f..%252fevil", f"{HOST}/%252e%252e{PATH}", REGISTERED.replace("c", "%63")],
    "H062_path_parameters": [f"{REGISTERED}/..;/evil", f"{REGISTERED};x=y", f"{HOST}/..;{PATH}"],
    "H063_somebody_before_an_at_sign": [f"{HOST}@evil.example{PATH}", f"http://evil@127.0.0.1:9{PATH}"],
    "H064_another_port": [f"http://127.0.0.1{PATH}", f"http://127.0.0.1:10{PATH}", f"http://127.0.0.1:09{PATH}"],
    "H065_another_scheme": [REGISTERED.replace("http", "https", 1), REGISTERED[5:], f"javascript:{REGISTERED}", "x:y"],
    "H066_capitals": [REGISTERED.upper(), REGISTERED.replace("http", "HTTP"), REGISTERED.replace("demo", "Demo")],
    "H067_a_slash_more": [f"{REGISTERED}/", f"{HOST}/{PATH}", REGISTERED.replace("://", ":///")],
    "H068_a_query": [f"{REGISTERED}?", f"{REGISTERED}?next=//evil.example", f"{REGISTERED}?code=x&state=y"],
    "H069_a_fragment": [f"{REGISTERED}#", f"{REGISTERED}#@evil.example/", f"{REGISTERED}%23"],
    "H070_a_backslash": [f"http:\\\\127.0.0.1:9{PATH}", f"{HOST}\\@evil.example{PATH}", f"{REGISTERED}\\..\\evil"],
    "H071_white_space": [
        f"{REGISTERED}\t",
        f" {REGISTERED}",
        f"{REGISTERED}\n",
        f"{HOST}\t.evil.example",
        f"{REGISTERED}\r\nX: y",
    ],
    "H072_another_alphabet": [
        REGISTERED.replace("127.0.0.1", "127。0。0。1"),
        REGISTERED.replace("demo", "dеmo"),
        "http://xn--e1afmkfd/",
    ],
    "H073_2_kB": [f"{REGISTERED}?{'x' * 2_000}", f"https://{'a' * 2_000}.example/", f"{REGISTERED}/{'%2e' * 700}"],
    "H074_none": [MISSING, "", "null", "*", "urn:ietf:wg:oauth:2.0:oob"],
}
EACH = [pytest.param(variant, id=f"{name}-{at}") for name, many in VARIANTS.items() for at, variant in enumerate(many)]


@pytest.mark.parametrize("variant", EACH)
def test_H057_to_H074_is_refused_where_a_request_is_pushed(gate: Gate, variant: Any) -> None:
    gate.refused(gate.target.par(NOTHING, redirect_uri=variant), 400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("variant", EACH)
def test_H057_to_H074_no_browser_is_sent_there(gate: Gate, method: str, variant: Any) -> None:
    """Whatever else is wrong with the request: until the address is known, there is a page."""
    for changes in ({}, {"response_type": "token", "scope": "none"}):
        page = gate.ask(gate.target.asking(NOTHING, redirect_uri=variant, **changes), method=method)
        gate.stopped(page, 400, "client_unknown")


@pytest.mark.parametrize("variant", [many[0] for many in VARIANTS.values()], ids=list(VARIANTS))
def test_H057_to_H074_a_code_that_was_sent_to_one_address_is_redeemed_for_that_one(gate: Gate, variant: Any) -> None:
    code = gate.code()
    gate.forget()
    gate.refused(gate.target.redeem(code, redirect_uri=variant), 400, "invalid_grant")


def test_another_clients_address_is_none_of_ones_own(gate: Gate) -> None:
    gate.refused(gate.target.par(NOTHING, redirect_uri=gate.other.callback), 400, "invalid_request")
    gate.stopped(gate.ask(gate.target.asking(NOTHING, redirect_uri=gate.other.callback)), 400, "client_unknown")


def test_a_registered_address_with_a_query_keeps_it(gate: Gate) -> None:
    address = f"{REGISTERED}?tenant=1&next=%2F"
    gate.world.change("demo-melding", redirect_uris=(address,))
    page = gate.authorize(gate.target.pushed(NOTHING, redirect_uri=address))
    assert page.response.headers["Location"].startswith(f"{address}&error=invalid_request&")
