"""Fresh keys for one run; the private halves live in the run's own folder and die with it."""

from __future__ import annotations

from typing import NamedTuple

from joserfc.jwk import ECKey, RSAKey

PRIVATE = "d"


class Keys(NamedTuple):
    """Private JWKs (ES256), one per registration."""

    portal: dict[str, str]
    epj: dict[str, str]
    target: dict[str, str]
    target_at_portal: dict[str, str]
    other_at_portal: dict[str, str]


def fresh() -> Keys:
    """Make a key for everybody."""
    return Keys(*(_key(f"{name}-1".replace("_", "-")) for name in Keys._fields))


def public(key: dict[str, str]) -> dict[str, str]:
    """The half that is registered."""
    return {name: value for name, value in key.items() if name != PRIVATE}


def signing() -> list[dict[str, str]]:
    """What the portal signs with itself: its catalogue, its requests to SMART servers, its id tokens."""
    signs_on = RSAKey.generate_key(2048, {"kid": "sign-on-1", "alg": "RS256", "use": "sig"}, private=True)
    return [_key("catalogue-1"), _key("smart-1", "P-384", "ES384"), _plain(signs_on)]


def _key(kid: str, curve: str = "P-256", alg: str = "ES256") -> dict[str, str]:
    made = ECKey.generate_key(curve, {"kid": kid, "alg": alg, "use": "sig"}, private=True)
    return _plain(made)


def _plain(key: ECKey | RSAKey) -> dict[str, str]:
    return {name: str(value) for name, value in key.as_dict(private=True).items()}
