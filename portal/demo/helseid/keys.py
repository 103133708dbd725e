"""The stand-in's signing key, made anew at every start (RS256 is all that HelseID signs with)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.jwk import RSAKey

from portal.domain import jose
from portal.domain.jose import Unsound

if TYPE_CHECKING:
    from collections.abc import Mapping


class SigningKey:
    """One RSA key; clients that cached another find it by `kid`."""

    def __init__(self) -> None:
        self._key = RSAKey.generate_key(2048, {"use": "sig", "alg": "RS256"}, auto_kid=True)

    def jwks(self) -> dict[str, Any]:
        """Return the public half (RFC 7517 §5)."""
        return {"keys": [self._key.as_dict(private=False)]}

    def sign(self, claims: Mapping[str, Any], typ: str) -> str:
        """Return `claims` as a compact JWT; the key stays imported, which for RSA takes longer than the signature."""
        header = {"alg": "RS256", "typ": typ, "kid": self._key.kid}
        return jwt.encode(header, dict(claims), self._key, algorithms=["RS256"])

    def read(self, token: str, typ: str) -> dict[str, Any] | None:
        """Return the claims of a token that we signed ourselves, expired or not; None for any other."""
        try:
            read = jose.verify(token, self.jwks()["keys"], algorithms=("RS256",), types=(typ,))
        except Unsound:
            return None
        return dict(read.claims)
