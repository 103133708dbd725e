"""facts/helseid §6: the twelve invalid proofs that HelseID's own test service makes, and their kin."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.epj_server import EpjServer, sign_es256
from support.forge import by_hand, encoded, public_jwk, weak_key
from support.keys import ec, unsigned, with_public_key_as_secret
from support.liar import MISSING

from portal.domain import dpop

if TYPE_CHECKING:
    from support.siege import Siege

pytestmark = pytest.mark.hostile


@pytest.fixture
def epj(siege: Siege) -> EpjServer:
    return EpjServer(siege)


def _is_refused(epj: EpjServer, proof: str, token: str, **headers: str) -> None:
    epj.refused(epj.call(token, proof, **headers), 401, "invalid_dpop_proof", proof, token)


def test_DontSetHtu(epj: EpjServer) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, htu=MISSING), token)


def test_DontSetHtm(epj: EpjServer) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, htm=MISSING), token)


def test_DontSetAth(epj: EpjServer) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, ath=MISSING), token)


def test_DontSetJti(epj: EpjServer) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, jti=MISSING), token)


def test_DontSetAlg(epj: EpjServer) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, {"alg": MISSING}), token)


def test_DontSetJwk(epj: EpjServer) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, {"jwk": MISSING}), token)
    _is_refused(epj, epj.proof(token, {"jwk": MISSING, "kid": "epj"}), token)


def test_IatPast(epj: EpjServer) -> None:
    token, at = epj.token(), int(epj.siege.clock().timestamp())
    _is_refused(epj, epj.proof(token, iat=at - 12), token)


def test_IatFuture(epj: EpjServer) -> None:
    token, at = epj.token(), int(epj.siege.clock().timestamp())
    _is_refused(epj, epj.proof(token, iat=at + 15), token)


def test_SymmetricAlg(epj: EpjServer) -> None:
    token, public = epj.token(), dpop.public_members(ec("epj").public)
    header, claims = epj.parts(token)
    _is_refused(epj, with_public_key_as_secret(header, claims, public), token)
    secret = {"kty": "oct", "k": encoded(b"k" * 32)}
    _is_refused(epj, with_public_key_as_secret(header | {"jwk": secret}, claims, public), token)


def test_PrivateKeyInJwk(epj: EpjServer) -> None:
    token, private = epj.token(), ec("epj").private
    jwk = dpop.public_members(ec("epj").public) | {"d": private["d"]}
    proof = epj.proof(token, {"jwk": jwk})
    epj.refused(epj.call(token, proof), 401, "invalid_dpop_proof", proof, token, private["d"])


@pytest.mark.parametrize("typ", ["JWT", "at+jwt", "dpop", "DPOP+JWT", "application/dpop+jwt", "", MISSING])
def test_WrongTyp(epj: EpjServer, typ: str) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, {"typ": typ}), token)


def test_BadSignature(epj: EpjServer) -> None:
    token = epj.token()
    header, claims = epj.parts(token)
    _is_refused(epj, sign_es256(header, claims, "thief"), token)
    proof = epj.proof(token)
    _is_refused(epj, f"{proof.rpartition('.')[0]}.{encoded(bytes(64))}", token)
    _is_refused(epj, f"{proof.rpartition('.')[0]}.", token)
    _is_refused(epj, unsigned(header | {"alg": "none"}, claims), token)


def test_a_right_proof_is_let_in(epj: EpjServer) -> None:
    token = epj.token()
    assert epj.call(token, epj.proof(token)).status == 201
    assert epj.opened() == 1


@pytest.mark.parametrize("count", [0, 2, 3])
def test_exactly_one_DPoP_header(epj: EpjServer, count: int) -> None:
    token = epj.token()
    proofs = [epj.proof(token) for _ in range(count)]
    epj.refused(epj.call(token, *proofs), 401, "invalid_dpop_proof", token, *proofs)


def test_two_proofs_in_one_header(epj: EpjServer) -> None:
    token = epj.token()
    _is_refused(epj, f"{epj.proof(token)}, {epj.proof(token)}", token)


def test_the_same_header_twice_is_two(epj: EpjServer) -> None:
    token = epj.token()
    proof = epj.proof(token)
    epj.refused(epj.call(token, proof, proof), 401, "invalid_dpop_proof", token, proof)


def test_ath_of_another_token(epj: EpjServer) -> None:
    token, other = epj.token(), epj.token()
    _is_refused(epj, epj.proof(other), token)


def test_a_key_that_the_token_is_not_bound_to(epj: EpjServer) -> None:
    token = epj.token()
    header, claims = epj.parts(token, {"jwk": dpop.public_members(ec("thief").public)})
    _is_refused(epj, sign_es256(header, claims, "thief"), token)


def test_a_token_that_is_bound_to_another_key(epj: EpjServer) -> None:
    token = epj.token(cnf={"jkt": dpop.thumbprint(ec("thief").public)})
    _is_refused(epj, epj.proof(token), token)


@pytest.mark.parametrize("htm", ["GET", "post", "POST ", "", ["POST"]])
def test_htm_of_another_method(epj: EpjServer, htm: str) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, htm=htm), token)


@pytest.mark.parametrize("iat", ["now", True, None, 1e999, -1, {}])
def test_iat_that_is_no_time(epj: EpjServer, iat: object) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, iat=iat), token)


@pytest.mark.parametrize("jti", ["", 1, None, ["x"], "x" * 2_000])
def test_jti_that_is_no_name(epj: EpjServer, jti: object) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, jti=jti), token)


@pytest.mark.parametrize("jwk", [{}, [], "key", None, {"kty": "EC"}, {"kty": "OKP", "crv": "Ed25519", "x": "AA"}])
def test_jwk_that_is_no_key(epj: EpjServer, jwk: object) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, {"jwk": jwk}), token)


@pytest.mark.parametrize("extension", [{"crit": ["b64"], "b64": False}, {"b64": False}, {"crit": ["x"], "x": 1}])
def test_an_extension_that_we_do_not_know(epj: EpjServer, extension: dict[str, object]) -> None:
    token = epj.token()
    _is_refused(epj, epj.proof(token, extension), token)


def test_a_proof_by_a_weak_key(epj: EpjServer) -> None:
    weak = weak_key(1024)
    public = dpop.public_members(public_jwk(weak, "weak"))
    token = epj.token(cnf={"jkt": dpop.thumbprint(public)})
    header, claims = epj.parts(token, {"jwk": public, "alg": "RS256"})
    _is_refused(epj, by_hand(header, claims, weak), token)


@pytest.mark.parametrize("proof", ["", ".", "..", "a.b", "a.b.c.d", "æ.ø.å", "x" * 9_000])
def test_what_is_no_proof_at_all(epj: EpjServer, proof: str) -> None:
    token = epj.token()
    epj.refused(epj.call(token, proof.encode().decode("latin-1")), 401, "invalid_dpop_proof", token)
