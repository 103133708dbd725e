"""The stand-in's signing keys, made anew at every start (RS256 is all that HelseID signs with)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from portal.domain import jose
from portal.domain.jose import Unsound

if TYPE_CHECKING:
    from collections.abc import Mapping


class SigningKey:
    """The RSA key that signs, and those before it that are still published; clients find each by `kid`."""

    def __init__(self, first: RSAKey | None = None) -> None:
        self._keys: tuple[RSAKey, ...] = (first or make(),)

    def rotate(self) -> None:
        """Sign with a new key from now on."""
        self._keys = (make(), *self._keys)

    def drop_old(self) -> None:
        """Publish no key but the one that signs."""
        self._keys = self._keys[:1]

    def jwks(self) -> dict[str, Any]:
        """Return the public halves, the one that signs first (RFC 7517 §5)."""
        return {"keys": [key.as_dict(private=False) for key in self._keys]}

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """Return `claims` as a compact JWT; the key stays imported, which for RSA takes longer than the signature."""
        key = self._keys[0]
        return jwt.encode({"alg": "RS256", "typ": typ, "kid": key.kid}, dict(claims), key, algorithms=["RS256"])

    def read(self, token: str, typ: str) -> dict[str, Any] | None:
        """Return the claims of a token that a published key has signed, expired or not; None for any other."""
        try:
            read = jose.verify(token, self.jwks()["keys"], algorithms=("RS256",), types=(typ,))
        except Unsound:
            return None
        return dict(read.claims)


def make() -> RSAKey:
    """A new key; its `kid` is its thumbprint."""
    return RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)
