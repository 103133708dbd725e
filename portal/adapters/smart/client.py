"""Launches from journal systems: to their authorization server and back with what they tell."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from portal.adapters.bounded import within
from portal.adapters.proven import accepted
from portal.adapters.smart.reader import Reader
from portal.adapters.smart.server import Server
from portal.adapters.token_endpoint import CONVERSATION
from portal.domain import jose
from portal.domain.smart import access, authentication, authorization, id_token, opened, token_response
from portal.errors import SmartRejected, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from portal.domain.registration import SmartServer
    from portal.domain.smart.access import Access
    from portal.domain.smart.discovery import Configuration
    from portal.domain.smart.opened import Opened
    from portal.settings import Settings

_Prover: TypeAlias = "Callable[[str], tuple[dict[str, str], dict[str, str]]]"


class SmartBegun(NamedTuple):
    """A launch on its way: where the browser goes, and what must be remembered until it comes back."""

    url: str
    state: str
    nonce: str
    verifier: str


class SmartClient:
    """A confidential client of every registered SMART server (SMART App Launch 2.2, EHR launch); thread-safe.

    `key` is our private JWK with `alg` ES384 or RS384, `secrets` hold the secret that an EPJ gave us by its id; `token`
    gives a fresh url-safe string of 22 to 64 characters with at least 128 random bits. Every method raises
    SmartRejected, whose detail tells the EPJ's vendor what to mend.
    """

    def __init__(
        self,
        *,
        redirect_uri: str,
        key: Mapping[str, str] | None,
        secrets: Mapping[str, str],
        now: Callable[[], datetime],
        token: Callable[[], str],
    ) -> None:
        self._redirect_uri = redirect_uri
        self._key = key
        self._secrets = secrets
        self._now = now
        self._token = token
        self._servers: dict[SmartServer, Server] = {}

    def begin(self, epj_id: str, server: SmartServer, launch: str) -> SmartBegun:
        """Return where the browser asks for the launch that the EPJ named; it takes at most five seconds."""
        self._prover(epj_id, server)  # what is missing is told before anyone logs in
        endpoint = self._at(server).configuration().authorization_endpoint
        state, nonce, verifier = self._token(), self._token(), self._token() + self._token()
        url = authorization.address(
            endpoint,
            server,
            redirect_uri=self._redirect_uri,
            launch=launch,
            state=state,
            nonce=nonce,
            verifier=verifier,
        )
        return SmartBegun(url, state, nonce, verifier)

    def finish(
        self, epj_id: str, server: SmartServer, code: str, *, iss: str | None, verifier: str, nonce: str
    ) -> Opened:
        """Return what the EPJ tells of the launch that `iss` gave `code` for, all of it within ten seconds."""
        with within(CONVERSATION):
            at = self._at(server)
            _demand_issuer(at.configuration(), iss)
            form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
            asked_at = self._now()
            answer = self._tokens(epj_id, at, {**form, "redirect_uri": self._redirect_uri})
            granted = token_response.read(answer)
            claims = self._claims(at, granted.id_token, nonce)
            user = id_token.fhir_user(claims, answer, server.issuer)
            reader = Reader(at, granted.access_token, self._renewal(epj_id, at, granted.refresh_token))
            told = opened.gather(reader.read, granted, user, server.issuer)
        if not server.documents:
            return told
        return replace(told, access=access.of_launch(granted, told.fhir_user, asked_at))

    def renew(self, epj_id: str, server: SmartServer, held: Access) -> Access:
        """Return another access token for what `held` opens, fetched with its refresh token (RFC 6749 §6)."""
        form = {"grant_type": "refresh_token", "refresh_token": held.refresh_token or ""}
        asked_at, answer = self._now(), self._tokens(epj_id, self._at(server), form)
        return replace(
            held,
            access_token=token_response.access_token(answer),
            refresh_token=token_response.refresh_token(answer) or held.refresh_token,
            expires_at=asked_at + token_response.life(answer),
        )

    def _at(self, server: SmartServer) -> Server:
        if server not in self._servers:
            self._servers.setdefault(server, Server(server, self._now))
        return self._servers[server]

    def _claims(self, at: Server, token: str, nonce: str) -> Mapping[str, Any]:
        return id_token.check(
            token,
            keys=at.keys(jose.key_id_of(token)),
            issuer=at.configuration().issuer,
            client_id=at.registration.client_id,
            nonce=nonce,
            now=self._now(),
        )

    def _renewal(self, epj_id: str, at: Server, refresh_token: str | None) -> Callable[[], str] | None:
        if refresh_token is None:
            return None
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        return lambda: token_response.access_token(self._tokens(epj_id, at, form))

    def _tokens(self, epj_id: str, at: Server, form: Mapping[str, str]) -> dict[str, Any]:
        url, code, what = at.configuration().token_endpoint, "smart_token_invalid", "token_endpoint"
        headers, proof = self._prover(epj_id, at.registration)(url)
        answer = at.send("POST", url, what, code, headers=headers, data={**form, **proof})
        try:
            return accepted(answer, what)
        except UpstreamError as error:
            if error.code == "upstream_malformed":
                raise SmartRejected(code, "token_endpoint: must answer one JSON object (RFC 6749 §5.1)") from error
            rule = "must accept the code, verifier and client authentication that it was sent (RFC 6749 §4.1.3)"
            raise SmartRejected("smart_refused", f"{error.detail}; {rule}") from error

    def _prover(self, epj_id: str, server: SmartServer) -> _Prover:
        """What gives the headers and form fields that say who we are at a token endpoint."""
        key, secret, client_id = self._key, self._secrets.get(epj_id), server.client_id
        if server.authentication == "private_key_jwt" and key:
            return lambda endpoint: ({}, authentication.by_key(key, client_id, endpoint, self._now(), self._token()))
        if server.authentication == "client_secret_basic" and secret:
            return lambda _: (authentication.by_secret(client_id, secret), {})
        raise SmartRejected("smart_refused", f"the portal itself lacks what {server.authentication} needs at this EPJ")


def smart_client(settings: Settings, now: Callable[[], datetime], token: Callable[[], str]) -> SmartClient:
    """Return the portal as it is registered at the EPJs."""
    return SmartClient(
        redirect_uri=f"{settings.base_url}/launch/callback",
        key=settings.signing_key("ES384", "RS384"),
        secrets=settings.smart_secrets,
        now=now,
        token=token,
    )


def _demand_issuer(configuration: Configuration, iss: str | None) -> None:
    """Every EPJ answers at one address of ours: a code that another gave must not reach this one's token endpoint."""
    if iss != configuration.issuer and (iss is not None or configuration.names_itself):
        rule = "must be the issuer in smart-configuration (RFC 9207 §2.4)"
        raise SmartRejected("smart_launch_invalid", f"authorization response, iss: {rule}")
