"""The tokens themselves, in HelseID's layout (facts: real examples from HelseID test)."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from portal.demo.helseid import refresh
from portal.demo.helseid.scopes import claims

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client
    from portal.demo.helseid.memory import Grant, Session
    from portal.demo.helseid.provider import Provider
    from portal.demo.helseid.reach import Reach
    from portal.domain.identity import Organisation

ID_TOKEN_LIFE = timedelta(seconds=300)
CLIENT = "helseid://claims/client"


@dataclass(frozen=True)
class Holder:
    """Who gets the tokens: a client, the thumbprint of its key, and the office that it asks for."""

    client: Client
    jkt: str
    office: Organisation | None


def issue(provider: Provider, holder: Holder, reach: Reach, grant: Grant | None) -> dict[str, Any]:
    """Make the answer of the token endpoint; without a grant the client gets an access token for itself alone.

    A refresh token comes only with `offline_access`, a new one each time.
    """
    access_token = provider.key.sign(_access_claims(provider, holder, reach, grant), "at+jwt")
    answer: dict[str, Any] = {
        "access_token": access_token,
        "token_type": "DPoP",
        "expires_in": provider.config.access_token_lifetime,
        "scope": " ".join(reach.scopes),
    }
    if grant:
        answer["id_token"] = provider.key.sign(_id_claims(provider, grant, access_token), "JWT")
        answer |= refresh.give(provider, grant) if "offline_access" in grant.request.scopes else {}
    return answer


def _access_claims(provider: Provider, holder: Holder, reach: Reach, grant: Grant | None) -> dict[str, Any]:
    said = _frame(provider, timedelta(seconds=provider.config.access_token_lifetime)) | {
        "client_id": holder.client.client_id,
        "client_amr": "private_key_jwt",
        "cnf": {"jkt": holder.jkt},
        "scope": list(reach.scopes),
        "jti": provider.token(),
    }
    said |= _login(grant.session) if grant else {}
    if not reach.audiences:
        return said
    said["aud"] = reach.audiences[0] if len(reach.audiences) == 1 else list(reach.audiences)
    return said | (_person_claims(provider, grant) if grant else {}) | _client_claims(holder)


def _id_claims(provider: Provider, grant: Grant, access_token: str) -> dict[str, Any]:
    said = _frame(provider, ID_TOKEN_LIFE) | _login(grant.session)
    said |= {"aud": grant.request.client_id, "at_hash": _half_hash(access_token)}
    if grant.request.nonce:
        said["nonce"] = grant.request.nonce
    if grant.request.state:
        said["s_hash"] = _half_hash(grant.request.state)
    return said | _person_claims(provider, grant)


def _frame(provider: Provider, life: timedelta) -> dict[str, Any]:
    now = int(provider.now().timestamp())
    return {"iss": provider.issuer, "nbf": now, "iat": now, "exp": now + int(life.total_seconds())}


def _login(session: Session) -> dict[str, Any]:
    return {
        "amr": ["pwd"],
        "idp": "testidp-oidc",
        "sub": session.sub,
        "sid": session.sid,
        "auth_time": int(session.auth_time.timestamp()),
    }


def _person_claims(provider: Provider, grant: Grant) -> dict[str, Any]:
    person = provider.config.person(grant.session.sub)
    return claims(person, grant.session.level, grant.request.scopes) if person else {}


def _client_claims(holder: Holder) -> dict[str, Any]:
    # Organisation numbers follow the client, never the person: HelseID does not know where somebody works today.
    client, office = holder.client, holder.office
    tenancy = "multi-tenant" if client.delegations else "single-tenant"
    said = {f"{CLIENT}/client_name": client.client_name, f"{CLIENT}/client_tenancy": tenancy}
    if client.delegations and client.organisation:
        said[f"{CLIENT}/claims/orgnr_supplier"] = client.organisation.parent
    if office:
        said[f"{CLIENT}/claims/orgnr_parent"] = office.parent
        if office.child:
            said[f"{CLIENT}/claims/orgnr_child"] = office.child
    return said


def _half_hash(value: str) -> str:
    """Left half of SHA-256, base64url (OpenID Connect Core §3.1.3.6)."""
    return urlsafe_b64encode(sha256(value.encode()).digest()[:16]).rstrip(b"=").decode()
