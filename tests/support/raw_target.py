"""A target portal's server in which every part of every request can be made wrong."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

import requests
from support.keys import ec, signed
from support.liar import with_changes

from portal.domain import assertion, dpop, jose
from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from support.keys import Pair
    from support.world import World

VERIFIER = "v" * 43
STATE, NONCE, NOTHING = "opaque-state", "the-nonce", "x" * 43
Form = dict[str, Any]
_SHORT = 20  # what is shorter is no secret, and may stand anywhere


class RawTarget:
    """Sends right requests; `changes` replace what is in them, and MISSING (support/liar) leaves it out.

    `secrets` is all that it was given or has made, and that nobody else may read; `post` sends what it is told to.
    """

    def __init__(self, world: World, client_id: str, key: Pair | None = None) -> None:
        self.world, self.client_id, self.key = world, client_id, key or ec(client_id)
        self.secrets: set[str] = {VERIFIER}
        self.callback = f"http://127.0.0.1:9/{client_id}/callback"

    def url(self, path: str) -> str:
        return f"{self.world.origin}{path}"

    def claims(self, **changes: Any) -> Form:
        """What a right assertion claims."""
        at = int(self.world.clock().timestamp())
        right = {"iss": self.client_id, "sub": self.client_id, "aud": self.world.origin, "jti": secrets.token_hex(16)}
        return with_changes(right | {"iat": at, "exp": at + 30}, changes)

    def assertion(self, header: Form | None = None, /, key: Pair | None = None, **claims: Any) -> str:
        private = (key or self.key).private
        right = {"alg": private["alg"], "kid": private["kid"], "typ": "JWT"}
        return self.keep(signed(with_changes(right, header or {}), self.claims(**claims), private))

    def proof(
        self,
        path: str,
        header: Form | None = None,
        /,
        method: str = "POST",
        key: Pair | None = None,
        **claims: Any,
    ) -> str:
        """A proof for one request; `ath` stands for the access token itself."""
        pair = key or self.key
        right = {"alg": pair.private["alg"], "typ": "dpop+jwt", "jwk": dpop.public_members(pair.public)}
        at = int(self.world.clock().timestamp())
        said = {"jti": secrets.token_hex(16), "htm": method, "htu": self.url(path), "iat": at}
        return self.keep(signed(with_changes(right, header or {}), with_changes(said, claims), pair.private))

    def proven(self, form: Mapping[str, Any], /, **changes: Any) -> Form:
        """A form with a right assertion in it."""
        who = {"client_assertion_type": assertion.TYPE, "client_assertion": self.assertion()}
        return with_changes({**form, "client_id": self.client_id, **who}, changes)

    def post(
        self,
        path: str,
        form: Mapping[str, Any] | Iterable[tuple[str, str]] | bytes,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        data = form if isinstance(form, bytes) else list(form.items() if hasattr(form, "items") else form)
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return requests.post(self.url(path), data=data, headers=sent, allow_redirects=False, timeout=30)

    def asking(self, handle: str, /, **changes: Any) -> Form:
        """The parameters of an authorization request about a launch."""
        right = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.callback,
            "scope": "launch",
            "aud": self.world.settings.fhir_issuer,
            "launch": self.keep(handle),
            "state": STATE,
            "nonce": NONCE,
            "code_challenge": s256(VERIFIER),
            "code_challenge_method": "S256",
        }
        return with_changes(right, changes)

    def par(self, handle: str, headers: Mapping[str, str] | None = None, /, **changes: Any) -> requests.Response:
        return self.post("/oauth/par", with_changes(self.proven(self.asking(handle)), changes), headers)

    def pushed(self, handle: str, headers: Mapping[str, str] | None = None, /, **changes: Any) -> str:
        """The request_uri of a request that is right."""
        answer = self.par(handle, headers, **changes)
        assert answer.status_code == 201, answer.text
        return self.keep(str(answer.json()["request_uri"]))

    def token(self, form: Form, headers: Mapping[str, str] | None = None, /, **changes: Any) -> requests.Response:
        """At the token endpoint; headers are a proof where the profile wants one, unless given."""
        sent = headers if headers is not None else self.prover("/oauth/token")
        return self.post("/oauth/token", self.proven(form, **changes), sent)

    def redeem(self, code: str, headers: Mapping[str, str] | None = None, /, **changes: Any) -> requests.Response:
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": self.callback}
        return self.token(form | {"code_verifier": VERIFIER}, headers, **changes)

    def refresh(self, secret: str, headers: Mapping[str, str] | None = None, /, **changes: Any) -> requests.Response:
        return self.token({"grant_type": "refresh_token", "refresh_token": secret}, headers, **changes)

    def about(self, endpoint: str, secret: str, /, **changes: Any) -> requests.Response:
        """At `revoke` or `introspect`, about one token."""
        return self.post(f"/oauth/{endpoint}", self.proven({"token": secret}, **changes))

    def everywhere(self, assertions: Iterable[str]) -> Iterator[requests.Response]:
        """What the four endpoints where a client proves who it is answer to one assertion each; nothing is there."""
        asked = (
            ("par", self.asking(NOTHING)),
            ("token", {"grant_type": "authorization_code", "code": NOTHING, "code_verifier": VERIFIER}),
            ("revoke", {"token": NOTHING}),
            ("introspect", {"token": NOTHING}),
        )
        for (endpoint, form), one in zip(asked, assertions, strict=False):
            headers = self.prover("/oauth/token") if endpoint == "token" else None
            yield self.post(f"/oauth/{endpoint}", self.proven(form, client_assertion=one), headers)

    def read(self, id_token: str) -> dict[str, Any]:
        """The claims of an id token of ours, which is for this client."""
        keys = requests.get(self.url("/.well-known/jwks.json"), timeout=20).json()["keys"]
        said = jose.verify(id_token, keys, algorithms=["RS256"], types=["JWT"]).claims
        assert (said["iss"], said["aud"]) == (self.world.origin, self.client_id)
        return dict(said)

    def prover(self, path: str, /, **claims: Any) -> dict[str, str]:
        """The headers that the profile wants with a request for tokens."""
        return {"DPoP": self.proof(path, **claims)} if self.world.profile == "strict" else {}

    def keep(self, secret: str) -> str:
        if len(secret) > _SHORT:
            self.secrets.add(secret)
        return secret
