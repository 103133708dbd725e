"""Every view wears exactly one guard (tests/test_guards.py)."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from flask import g, request
from flask_login import current_user

from portal.domain import dpop, epj_session, jose
from portal.domain.access_token import check as check_access_token
from portal.domain.assignment import holders
from portal.errors import ContextRejected, NotAllowed, OAuthError, RequestRejected, TokenRejected
from portal.store import assignments, launches, one_time, registry
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from portal.domain.dpop import Proof
    from portal.domain.epj_session import EpjSession
    from portal.domain.registration import Epj
    from portal.store.launches import Token
    from portal.store.logins import Login

    P = ParamSpec("P")
    R = TypeVar("R")

_SOURCE_SYSTEM = range(3, 513)


def public(view: Callable[P, R]) -> Callable[P, R]:
    """Anyone; the view says itself what it checks."""
    return _worn(view, "public")


def signed_in(view: Callable[P, R]) -> Callable[P, R]:
    """A person with a live login; others are asked to log in and come back."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if not current_user.is_authenticated:
            raise NotAllowed("not_signed_in")
        g.speaks = login().language
        return view(*args, **kwargs)

    return _worn(guarded, "signed_in")


def target_client(view: Callable[P, R]) -> Callable[P, R]:
    """A target portal's server that proves itself in the request (private_key_jwt); the grant checks it."""
    return _worn(view, "target_client")


def helseid(view: Callable[P, R]) -> Callable[P, R]:
    """HelseID's server, proven by the signed token that it sends; the view checks it."""
    return _worn(view, "helseid")


def epj(view: Callable[P, R]) -> Callable[P, R]:
    """An EPJ's server with its clinician's HelseID token, DPoP only (facts: HelseID resource server rules)."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        if len(request.headers.get("X-SOURCE-SYSTEM", "")) not in _SOURCE_SYSTEM:
            raise RequestRejected("bad_request", "X-SOURCE-SYSTEM")
        g.epj, g.epj_session = _epj_and_session(_dpop_token())
        return view(*args, **kwargs)

    return _worn(guarded, "epj")


def writeback_grant(view: Callable[P, R]) -> Callable[P, R]:
    """A target's server with the write-back grant of one launch."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        g.grant = _held(launches.WRITEBACK)
        return view(*args, **kwargs)

    return _worn(guarded, "writeback_grant")


def launch_access(view: Callable[P, R]) -> Callable[P, R]:
    """A target's server with the access token of one launch."""

    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        g.grant = _held(launches.ACCESS)
        return view(*args, **kwargs)

    return _worn(guarded, "launch_access")


def login() -> Login:
    """The login behind a `signed_in` view."""
    return current_user.login  # type: ignore[no-any-return]  # flask-login's proxy is untyped


def epj_and_session() -> tuple[Epj, EpjSession]:
    """The journal system and the clinician's session behind an `epj` view."""
    return g.epj, g.epj_session


def grant() -> Token:
    """The token behind a `writeback_grant` or a `launch_access` view."""
    return g.grant  # type: ignore[no-any-return]  # flask.g is untyped


def _worn(view: Callable[P, R], name: str) -> Callable[P, R]:
    view.guard = name  # type: ignore[attr-defined]
    return view


def _held(kind: str) -> Token:
    """What the presented token stands for; one that is bound to a key comes with its proof, and by no other scheme."""
    scheme, secret = _presented()
    with parts().database.read() as session:
        token = launches.holder(session, secret, kind, parts().now())
        client = registry.client(session, token.client_id) if token else None
    g.scheme = "DPoP" if client is None or client.is_strict else scheme
    if token is None or client is None or scheme != ("DPoP" if token.jkt else "Bearer"):
        raise TokenRejected("invalid_token")
    if token.jkt:
        _prove(secret, token.jkt, client.proof_algorithms)
    return token


def _presented() -> tuple[str, str]:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    known = {"dpop": "DPoP", "bearer": "Bearer"}.get(scheme.lower())
    if known is None or not secret:
        raise TokenRejected("invalid_token", "Authorization")
    return known, secret


def _dpop_token() -> str:
    scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "dpop" or not secret:
        raise TokenRejected("invalid_token", "Authorization: DPoP")
    return secret


def _epj_and_session(token: str) -> tuple[Epj, EpjSession]:
    settings, helseid = parts().settings, parts().helseid
    claims = check_access_token(
        token,
        keys=helseid.keys(jose.key_id_of(token)),
        issuer=settings.helseid_issuer,
        audience=settings.api_audience,
        scope=settings.api_scope,
        now=parts().now(),
    )
    _prove(token, claims["cnf"]["jkt"])
    session_of_epj = epj_session.from_claims(claims, settings.helseid_min_security_level)
    with parts().database.read() as session:
        registered = registry.epj_of_helseid_client(session, session_of_epj.client_id)
        disabled = assignments.is_disabled(session, holders(session_of_epj.sub, session_of_epj.hpr_number))
    if registered is None:
        raise ContextRejected("epj_unknown")
    if disabled:
        raise ContextRejected("person_disabled")
    return registered, session_of_epj


def _prove(token: str, jkt: str, algorithms: Collection[str] = dpop.ALGORITHMS) -> None:
    """The proof of this request is for this token and this key (RFC 9449 §7.1)."""
    try:
        proof = checked_proof(access_token=token, algorithms=algorithms)
    except OAuthError as error:
        raise TokenRejected(error.code, error.detail) from error
    if proof.jkt != jkt:
        raise TokenRejected("invalid_dpop_proof", "cnf.jkt")


def checked_proof(*, access_token: str | None = None, algorithms: Collection[str] = dpop.ALGORITHMS) -> Proof:
    """The one proof of this very request, spent; raises OAuthError `invalid_dpop_proof` (RFC 9449 §4.3)."""
    portal, proofs = parts(), request.headers.getlist("DPoP")
    if len(proofs) != 1:
        raise OAuthError("invalid_dpop_proof", "exactly one DPoP header")
    now, window = portal.now(), portal.settings.lifetimes.dpop_window
    # Behind the proxy the request's own URL is not the one that the client signed.
    url = portal.settings.base_url + request.path
    proof = dpop.check_proof(
        proofs[0],
        method=request.method,
        url=url,
        now=now,
        window=window,
        access_token=access_token,
        algorithms=algorithms,
    )
    # Offered, not demanded: who uses a nonce of ours must use a living one (RFC 9449 §8).
    if proof.nonce is not None and not dpop.nonce_holds(proof.nonce, portal.nonce_secret, now):
        raise OAuthError("use_dpop_nonce")
    until = proof.issued_at + window + dpop.SLACK
    with portal.database.write() as session:
        fresh = one_time.remember(session, "dpop", proof.jti, client=proof.jkt, expires_at=until, now=now)
    if not fresh:
        raise OAuthError("invalid_dpop_proof", "jti was seen before")
    return proof
