"""Requests that prove who sends them: a fresh assertion, a fresh DPoP proof (RFC 7523, RFC 9449)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from portal.domain import assertion, dpop
from portal.errors import OAuthError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from portal.adapters.client_keys import ClientKeys
    from portal.adapters.http import Answer, Egress, Form
    from portal.domain.assertion_details import Details
    from portal.domain.client_key import PrivateJwk


class ProvenClient:
    """One client of one authorization server; its keys sign assertions and proofs; thread-safe.

    When the server does not know the key that signed, and another is active by now, that one tries once more with
    everything new. `jkt` names the key that a code or token is bound to; without it the active one makes the proof.
    Every method raises UpstreamError.
    """

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        keys: ClientKeys,
        egress: Egress,
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self.client_id = client_id
        self._issuer = issuer
        self._keys = keys
        self._egress = egress
        self._now = now
        self._token = token

    @property
    def jkt(self) -> str:
        """Thumbprint of the key that signs now; what begins with it is proved with it to its end."""
        return dpop.thumbprint(self._keys.active())

    def post(self, url: str, form: Form, *, details: Details | None = None) -> Answer:
        """Post a form with a new assertion in it, which says whom we act for."""
        return self._signed(lambda key: self._post(key, url, form, details))

    def post_bound(self, url: str, form: Form, *, details: Details | None = None, jkt: str | None = None) -> Answer:
        """As `post` with a DPoP proof; if the server wants its nonce in it, once more with everything new."""

        def post(key: PrivateJwk) -> Answer:
            prover = self._keys.bound(jkt) if jkt else key
            return self._with_nonce(
                lambda nonce: self._post(key, url, form, details, self._proof(prover, "POST", url, nonce))
            )

        return self._signed(post)

    def get_bound(self, url: str, access_token: str, jkt: str | None = None) -> Answer:
        """Get with a DPoP-bound access token, once more if the server wants its nonce."""
        return self.call_bound("GET", url, access_token, jkt)

    def post_json_bound(self, url: str, access_token: str, body: Any, jkt: str | None = None) -> Answer:
        """As `get_bound`, a POST of JSON."""
        return self.call_bound("POST", url, access_token, jkt, body=body)

    def call_bound(
        self,
        method: str,
        url: str,
        access_token: str,
        jkt: str | None = None,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """As `get_bound`, any method, with JSON unless `body` is None, and with further `headers`."""
        key = self._keys.bound(jkt) if jkt else self._keys.active()
        data = None if body is None else json.dumps(body).encode()
        fixed = {**(headers or {}), "Authorization": f"DPoP {access_token}"}
        fixed |= {"Content-Type": "application/json"} if data else {}

        def send(nonce: str | None) -> Answer:
            proof = self._proof(key, method, url, nonce, access_token)
            return self._egress.send(method, url, headers={**fixed, **proof}, data=data)

        return self._with_nonce(send)

    def _signed(self, send: Callable[[PrivateJwk], Answer]) -> Answer:
        key = self._keys.active()
        answer = send(key)
        if not _is_unknown(answer):
            return answer
        self._keys.renew()
        newer = self._keys.active()
        return answer if newer == key else send(newer)

    def _post(
        self,
        key: PrivateJwk,
        url: str,
        form: Form,
        details: Details | None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        proof = assertion.make(key, self.client_id, self._issuer, self._now(), self._token(), details)
        identified = {
            **form,
            "client_id": self.client_id,
            "client_assertion_type": assertion.TYPE,
            "client_assertion": proof,
        }
        return self._egress.send("POST", url, headers=headers, data=identified)

    def _with_nonce(self, send: Callable[[str | None], Answer]) -> Answer:
        answer = send(None)
        nonce = answer.headers.get("dpop-nonce")
        return send(nonce) if nonce and _wants_nonce(answer) else answer

    def _proof(
        self, key: PrivateJwk, method: str, url: str, nonce: str | None, access_token: str | None = None
    ) -> dict[str, str]:
        now, jti = self._now(), self._token()
        return {"DPoP": dpop.make_proof(key, method, url, now, jti, nonce=nonce, access_token=access_token)}


def accepted(answer: Answer, what: str) -> dict[str, Any]:
    """Return the JSON object of a 200 or 201 answer.

    Raises UpstreamError: upstream_refused, retryable for the server's own trouble (5xx), with the registered error
    word of RFC 6749 §5.2 if the body has one; upstream_malformed.
    """
    if answer.status in {200, 201}:
        body = answer.json()
        if isinstance(body, dict):
            return body
        raise UpstreamError("upstream_malformed", what)
    reason = _error_word(answer) or str(answer.status)
    raise UpstreamError("upstream_refused", f"{what}: {reason}", retryable=answer.status >= 500)  # noqa: PLR2004  5xx


def _is_unknown(answer: Answer) -> bool:
    # Said before anything else is looked at (RFC 6749 §3.2.1): no code or refresh token was spent.
    return answer.status in {400, 401} and _error_word(answer) == "invalid_client"


def _wants_nonce(answer: Answer) -> bool:
    if answer.status == 401:  # noqa: PLR2004  RFC 9449 §9
        return "use_dpop_nonce" in answer.headers.get("www-authenticate", "")
    return answer.status == 400 and _error_word(answer) == "use_dpop_nonce"  # noqa: PLR2004  RFC 9449 §8


def _error_word(answer: Answer) -> str | None:
    try:
        body = answer.json()
    except UpstreamError:
        return None
    word = body.get("error") if isinstance(body, dict) else None
    return word if isinstance(word, str) and word in OAuthError.codes else None
