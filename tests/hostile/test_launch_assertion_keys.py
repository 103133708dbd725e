"""facts/security §4.3, H039 to H047: by which key a target's server says who it is, at every endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support.epj_server import sign_es256
from support.forge import by_hand, public_jwk, weak_key
from support.keys import ec, rsa, unsigned, with_public_key_as_secret
from support.liar import MISSING, with_changes

from portal.domain import dpop

if TYPE_CHECKING:
    from support.gate import Gate

pytestmark = pytest.mark.hostile


def _header(**changes: Any) -> dict[str, Any]:
    return with_changes({"alg": "ES256", "kid": "demo-melding", "typ": "JWT"}, changes)


def test_a_right_assertion_is_let_in_everywhere(gate: Gate) -> None:
    gate.is_known()


@pytest.mark.parametrize("alg", ["none", "None", "NONE", ""])
def test_H039_without_a_signature(gate: Gate, alg: str) -> None:
    made = unsigned(_header(alg=alg), gate.target.claims())
    gate.is_nobody(made, f"{made[:-2]}{'A' * 86}", made.removesuffix("AA"))


def test_H039_with_the_public_key_as_secret(gate: Gate) -> None:
    for public in (gate.target.key.public, dpop.public_members(gate.target.key.public)):
        gate.is_nobody(with_public_key_as_secret(_header(), gate.target.claims(), public))


def test_H039_by_RS256(gate: Gate) -> None:
    of_nobody = by_hand(_header(alg="RS256"), gate.target.claims(), weak_key(2048))
    gate.is_nobody(gate.target.assertion(key=rsa("demo-melding")), of_nobody)


@pytest.mark.parametrize("alg", ["es256", "ES256 ", "ES384", "EdDSA", "RS256", "PS256", 256, None, ["ES256"], MISSING])
def test_H040_an_algorithm_that_the_key_is_not_for(gate: Gate, alg: Any) -> None:
    gate.is_nobody(sign_es256(_header(alg=alg), gate.target.claims()))


@pytest.mark.parametrize(
    "kid", [MISSING, None, "", 1, ["demo-melding"], "unknown", "demo-annen", "../demo-melding", "x\0", "x" * 5_000]
)
def test_H046_a_key_that_is_not_named(gate: Gate, kid: Any) -> None:
    gate.is_nobody(sign_es256(_header(kid=kid), gate.target.claims()))


def test_H046_another_clients_key(gate: Gate) -> None:
    gate.is_nobody(
        gate.target.assertion(key=ec("demo-annen")),
        gate.target.assertion({"kid": "demo-melding"}, key=ec("demo-annen")),
        gate.target.assertion({"kid": "demo-melding"}, key=ec("thief")),
    )


@pytest.mark.parametrize("member", ["jku", "x5u", "jwk", "x5c"])
def test_H046_a_key_that_the_header_brings_along(gate: Gate, elsewhere: str, member: str) -> None:
    thief = weak_key(2048)
    brought = {"jwk": public_jwk(thief, "demo-melding"), "x5c": ["MII="]}.get(member, f"{elsewhere}/jwks")
    gate.is_nobody(
        by_hand(_header(alg="RS256", **{member: brought}), gate.target.claims(), thief),
        sign_es256(_header(**{member: brought}), gate.target.claims(), "thief"),
    )


@pytest.mark.parametrize("typ", ["at+jwt", "dpop+jwt", "logout+jwt", "", 1, ["JWT"]])
def test_H046_another_kind_of_token(gate: Gate, typ: Any) -> None:
    gate.is_nobody(sign_es256(_header(typ=typ), gate.target.claims()))


@pytest.mark.parametrize(
    "extension",
    [{"crit": ["x"], "x": 1}, {"crit": []}, {"crit": "exp"}, {"crit": ["b64"], "b64": False}, {"b64": False}],
)
def test_H047_an_extension_that_we_do_not_know(gate: Gate, extension: dict[str, Any]) -> None:
    gate.is_nobody(sign_es256(_header(**extension), gate.target.claims()))
