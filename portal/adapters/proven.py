"""Requests that prove who sends them: a fresh assertion, a fresh DPoP proof (RFC 7523, RFC 9449)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.domain import assertion, dpop
from portal.errors import OAuthError, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from portal.adapters.http import Answer, Egress


class ProvenClient:
    """One client of one authorization server; the same key signs assertions and proofs; thread-safe."""

    def __init__(
        self,
        *,
        issuer: str,
        client_id: str,
        key: Mapping[str, str],
        egress: Egress,
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self.client_id = client_id
        self.jkt = dpop.thumbprint(key)
        self._issuer = issuer
        self._key = key
        self._egress = egress
        self._now = now
        self._token = token

    def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None) -> Answer:
        """Post a form with a new assertion in it; raises UpstreamError."""
        proof = assertion.make(self._key, self.client_id, self._issuer, self._now(), self._token())
        identified = {
            **form,
            "client_id": self.client_id,
            "client_assertion_type": assertion.TYPE,
            "client_assertion": proof,
        }
        return self._egress.send("POST", url, headers=headers, data=identified)

    def post_bound(self, url: str, form: Mapping[str, str]) -> Answer:
        """As `post` with a DPoP proof; if the server wants its nonce in it, once more with everything new."""
        return self._with_nonce(lambda nonce: self.post(url, form, self._proof("POST", url, nonce)))

    def get_bound(self, url: str, access_token: str) -> Answer:
        """Get with a DPoP-bound access token, once more if the server wants its nonce; raises UpstreamError."""

        def get(nonce: str | None) -> Answer:
            headers = self._proof("GET", url, nonce, access_token)
            return self._egress.send("GET", url, headers={**headers, "Authorization": f"DPoP {access_token}"})

        return self._with_nonce(get)

    def _with_nonce(self, send: Callable[[str | None], Answer]) -> Answer:
        answer = send(None)
        nonce = answer.headers.get("dpop-nonce")
        return send(nonce) if nonce and _wants_nonce(answer) else answer

    def _proof(self, method: str, url: str, nonce: str | None, access_token: str | None = None) -> dict[str, str]:
        now, jti = self._now(), self._token()
        return {"DPoP": dpop.make_proof(self._key, method, url, now, jti, nonce=nonce, access_token=access_token)}


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
