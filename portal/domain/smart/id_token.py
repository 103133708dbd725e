"""An EPJ's id tokens: which clinician has the patient open (OpenID Connect Core §3.1.3.7, SMART App Launch 2.2)."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.domain import jose
from portal.domain.jose import Jwt, Unsound, demand
from portal.domain.smart import reference
from portal.errors import SmartRejected

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from portal.domain.smart.reference import Reference

ALGORITHMS = ("RS256", "ES256", "RS384", "ES384")
_AHEAD = timedelta(seconds=60)  # EPJ servers stand in offices; the nonce is what binds
_TYPES = ("Practitioner", "PractitionerRole")
_RULES = {
    "size": "must have at most 8192 characters",
    "compact": "must be a signed JWT in compact form (OpenID Connect Core §2)",
    "json": "header and claims must be JSON objects that name nothing twice (RFC 7519 §4)",
    "kid": "must name exactly one signing key at jwks_uri (OpenID Connect Core §10.1)",
    "alg": "must be RS256, or ES256, RS384 or ES384 (SMART App Launch 2.2, Scopes and Launch Context)",
    "typ": "must be JWT or missing (RFC 7519 §5.1)",
    "crit": "must be missing (RFC 7515 §4.1.11)",
    "key": "must be an RSA key of at least 2048 bits or an EC key (RFC 7518 §3.3)",
    "signature": "must verify with the key that kid names (RFC 7515 §5.2)",
    "iss": "must be the issuer of smart-configuration (OpenID Connect Core §3.1.3.7)",
    "aud": "must be our client_id and nobody else (OpenID Connect Core §3.1.3.7)",
    "azp": "must be our client_id or missing (OpenID Connect Core §3.1.3.7)",
    "exp": "must be a NumericDate that is still to come (OpenID Connect Core §2)",
    "iat": "must be a NumericDate that is at most 60 seconds ahead (OpenID Connect Core §2)",
    "nbf": "must be a NumericDate that is at most 60 seconds ahead (RFC 7519 §4.1.5)",
    "nonce": "must be the one of the authorization request (OpenID Connect Core §3.1.3.7)",
    "sub": "must be a string of 1 to 255 characters (OpenID Connect Core §2)",
}


def check(
    token: str, *, keys: Sequence[Mapping[str, Any]], issuer: str, client_id: str, nonce: str, now: datetime
) -> Mapping[str, Any]:
    """Return the claims of an id token that answers our own request with `nonce`.

    `keys` are the public JWKs at the server's jwks_uri, `issuer` is its smart-configuration's. Raises SmartRejected
    smart_token_invalid naming the claim.
    """
    try:
        jwt = jose.verify(token, keys, algorithms=ALGORITHMS, types=("JWT", None))
        _check_claims(jwt, issuer, client_id, nonce, now)
    except Unsound as unsound:
        rule = _RULES.get(str(unsound), "does not hold (RFC 7519)")
        raise SmartRejected("smart_token_invalid", f"id_token, {unsound}: {rule}") from unsound
    return jwt.claims


def fhir_user(claims: Mapping[str, Any], beside: Collection[str], issuer: str) -> Reference:
    """Return the Practitioner or PractitionerRole that a checked id token names.

    `beside` are the names in the token response, `issuer` is the FHIR base. Raises SmartRejected smart_user_invalid.
    """
    given = claims.get("fhirUser")
    if given is None:
        raise SmartRejected("smart_user_invalid", f"id_token, fhirUser: {_missing(claims, beside)}")
    field = "id_token, fhirUser"
    return reference.read(given, issuer=issuer, types=_TYPES, field=field, code="smart_user_invalid")


def _check_claims(jwt: Jwt, issuer: str, client_id: str, nonce: str, now: datetime) -> None:
    demand(jwt.text("iss") == issuer, "iss")
    jwt.check_audience(client_id)
    demand(jwt.optional_text("azp") in {None, client_id}, "azp")
    jwt.text("sub", 255)
    jwt.seconds("iat")
    jwt.check_lifetime(now, leeway=timedelta(0), ahead=_AHEAD)
    demand(hmac.compare_digest(jwt.text("nonce").encode(), nonce.encode()), "nonce")


def _missing(claims: Mapping[str, Any], beside: Collection[str]) -> str:
    if "fhirUser" in beside:
        rule = "must be a claim of the id token, not a member of the token response"
    elif any(isinstance(value, str) and "Practitioner" in value for value in claims.values()):
        # `profile` was its name in SMART's first drafts.
        rule = "stands under another name, such as profile or fhir_user; the claim is called fhirUser"
    else:
        rule = "the claim is missing, although openid and fhirUser were asked for"
    return f"{rule} (SMART App Launch 2.2, Scopes and Launch Context)"
