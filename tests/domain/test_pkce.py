from __future__ import annotations

import pytest

from portal.domain.pkce import challenge_holds, s256

# RFC 7636, appendix B.
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_example_of_the_rfc_holds() -> None:
    assert s256(VERIFIER) == CHALLENGE
    assert challenge_holds(VERIFIER, CHALLENGE)


@pytest.mark.parametrize("verifier", ["", VERIFIER[:-1], VERIFIER.lower(), f"{VERIFIER} ", CHALLENGE, "ø" * 43])
def test_another_verifier_does_not(verifier: str) -> None:
    assert not challenge_holds(verifier, CHALLENGE)


@pytest.mark.parametrize("challenge", ["", VERIFIER, f"{CHALLENGE}=", CHALLENGE[:-1]])
def test_another_challenge_does_not(challenge: str) -> None:
    assert not challenge_holds(VERIFIER, challenge)


def test_plain_is_no_method_here() -> None:
    assert not challenge_holds(VERIFIER, VERIFIER)
