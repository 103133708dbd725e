"""Calls with a token that is bound to a key (RFC 9449 §7)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from portal.demo.standin import now, token
from portal.domain import dpop

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.adapters.http import Answer, Egress


class BoundApi:
    """Somebody's API, called with JSON and a proof of each request by `key`, a private JWK."""

    def __init__(self, key: Mapping[str, str], egress: Egress) -> None:
        self._key = key
        self._egress = egress

    def call(
        self, method: str, url: str, access_token: str, body: dict[str, Any] | None = None, **headers: str
    ) -> Answer:
        """Send once, and once more when the server asks for its nonce (§9); raises UpstreamError."""
        data = None if body is None else json.dumps(body).encode()
        fixed = {"Authorization": f"DPoP {access_token}", "Content-Type": "application/json", **headers}

        def send(nonce: str | None) -> Answer:
            proof = dpop.make_proof(self._key, method, url, now(), token(), nonce=nonce, access_token=access_token)
            return self._egress.send(method, url, headers={**fixed, "DPoP": proof}, data=data)

        answer = send(None)
        if "use_dpop_nonce" in answer.headers.get("www-authenticate", ""):
            answer = send(answer.headers["dpop-nonce"])
        return answer
