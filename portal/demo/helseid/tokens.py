"""The tokens themselves, in HelseID's layout (facts: real examples from HelseID test)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from portal.demo.helseid.par import TargetRefused
from portal.demo.helseid.scopes import OWN, claims
from portal.errors import OAuthError

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client
    from portal.demo.helseid.memory import Grant
    from portal.demo.helseid.provider import Provider

ID_TOKEN_LIFE = timedelta(seconds=300)
REFRESH_TOKEN_LIFE = timedelta(hours=8)
CLIENT = "helseid://claims/client"


@dataclass(frozen=True)
class Reach:
    """What one access token opens."""

    scopes: tuple[str, ...]
    audiences: tuple[str, ...]


def narrow(client: Client, grant: Grant, scope: str | None, resources: tuple[str, ...]) -> Reach:
    """Return what this request asks for within the grant; raises OAuthError when it asks for more (RFC 8707 §2.2)."""
    granted = grant.request.scopes
    wanted = tuple(scope.split()) if scope else granted
    if set(wanted) - set(granted):
        raise OAuthError("invalid_scope")
    audiences = grant.request.resources or client.audiences(granted)
    if set(resources) - set(audiences):
        raise TargetRefused("invalid_target")
    chosen = resources or audiences
    open_scopes = OWN.union(*(client.apis[audience] for audience in chosen))
    return Reach(tuple(s for s in wanted if s in open_scopes), chosen)


def issue(provider: Provider, client: Client, grant: Grant, reach: Reach, jkt: str) -> dict[str, Any]:
    """Make the answer of the token endpoint; a refresh token comes only with `offline_access`, a new one each time."""
    access_token = provider.key.sign(_access_claims(provider, client, grant, reach, jkt), "at+jwt")
    answer: dict[str, Any] = {
        "access_token": access_token,
        "token_type": "DPoP",
        "expires_in": provider.config.access_token_lifetime,
        "scope": " ".join(reach.scopes),
        "id_token": provider.key.sign(_id_claims(provider, grant, access_token), "JWT"),
    }
    if "offline_access" in grant.request.scopes:
        refresh_token, now = provider.token(), provider.now()
        provider.memory.refresh_tokens.put(refresh_token, grant, now=now, until=now + REFRESH_TOKEN_LIFE)
        answer |= {"refresh_token": refresh_token, "rt_expires_in": int(REFRESH_TOKEN_LIFE.total_seconds())}
    return answer


def _access_claims(provider: Provider, client: Client, grant: Grant, reach: Reach, jkt: str) -> dict[str, Any]:
    life = timedelta(seconds=provider.config.access_token_lifetime)
    said = _common(provider, grant, life) | {
        "client_id": client.client_id,
        "client_amr": "private_key_jwt",
        "cnf": {"jkt": jkt},
        "scope": list(reach.scopes),
        "jti": provider.token(),
    }
    if not reach.audiences:
        return said
    aud = reach.audiences[0] if len(reach.audiences) == 1 else list(reach.audiences)
    return said | {"aud": aud} | _person_claims(provider, grant) | _client_claims(client)


def _id_claims(provider: Provider, grant: Grant, access_token: str) -> dict[str, Any]:
    said = _common(provider, grant, ID_TOKEN_LIFE) | {
        "aud": grant.request.client_id,
        "at_hash": _half_hash(access_token),
    }
    if grant.request.nonce:
        said["nonce"] = grant.request.nonce
    if grant.request.state:
        said["s_hash"] = _half_hash(grant.request.state)
    return said | _person_claims(provider, grant)


def _common(provider: Provider, grant: Grant, life: timedelta) -> dict[str, Any]:
    now = int(provider.now().timestamp())
    return {
        "iss": provider.issuer,
        "nbf": now,
        "iat": now,
        "exp": now + int(life.total_seconds()),
        "amr": ["pwd"],
        "idp": "testidp-oidc",
        "sub": grant.session.sub,
        "sid": grant.session.sid,
        "auth_time": int(grant.session.auth_time.timestamp()),
    }


def _person_claims(provider: Provider, grant: Grant) -> dict[str, Any]:
    person = provider.config.person(grant.session.sub)
    return claims(person, grant.request.scopes) if person else {}


def _client_claims(client: Client) -> dict[str, Any]:
    # Organisation numbers follow the client, never the person: HelseID does not know where somebody works today.
    said = {f"{CLIENT}/client_name": client.client_name, f"{CLIENT}/client_tenancy": "single-tenant"}
    if client.organisation:
        said[f"{CLIENT}/claims/orgnr_parent"] = client.organisation.parent
        if client.organisation.child:
            said[f"{CLIENT}/claims/orgnr_child"] = client.organisation.child
    return said


def _half_hash(value: str) -> str:
    """Left half of SHA-256, base64url (OpenID Connect Core §3.1.3.6)."""
    return urlsafe_b64encode(sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()
