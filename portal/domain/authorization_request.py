"""What a target asks our authorization server for (RFC 6749 §4.1.1, RFC 7636, RFC 9449 §10, SMART App Launch 2.2)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from portal.domain import scopes
from portal.errors import OAuthError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.domain.client_registration import Client

_S256 = re.compile(r"[A-Za-z0-9_-]{43}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_LONGEST = {"state": 2000, "nonce": 64, "launch": 200}  # FAPI 2.0 §5.3.2.2: nonces up to 64 characters
_KEPT = frozenset(
    {"redirect_uri", "state", "nonce", "launch", "code_challenge", "dpop_jkt", "prompt", "max_age", "response_type"}
)
_PROMPTS = frozenset({"none", "login", "consent", "select_account"})


def check_redirect_uri(form: Mapping[str, str], client: Client) -> str:
    """Return the registered address that the answer goes to, compared byte for byte (RFC 9700 §4.1.3).

    Until it holds nothing may be sent to it. Raises OAuthError `invalid_request`.
    """
    asked = form.get("redirect_uri", "")
    _demand(asked in client.redirect_uris, "redirect_uri is not registered")
    return asked


def check(form: Mapping[str, str], client: Client, fhir_issuer: str) -> dict[str, str]:
    """Return the request as it is kept: the parameters that we know, with the scope that is granted.

    `fhir_issuer` is what `aud` must be when there is a launch (SMART App Launch 2.2; `resource` is its synonym).
    Raises OAuthError.
    """
    _demand(not {"request", "request_uri"} & form.keys(), "request and request_uri have no place here (RFC 9126 §2.1)")
    if form.get("response_type") != "code":
        raise OAuthError("unsupported_response_type")
    check_redirect_uri(form, client)
    _demand(form.get("response_mode", "query") == "query", "response_mode must be query")
    for name, longest in _LONGEST.items():
        _demand(len(form.get(name, "")) <= longest, f"{name} is longer than {longest} characters")
    _check_proofs(form)
    _check_login(form)
    kept = {name: value for name, value in form.items() if name in _KEPT}
    return kept | {"client_id": client.client_id, "scope": _scope(form, client, fhir_issuer)}


def _scope(form: Mapping[str, str], client: Client, fhir_issuer: str) -> str:
    granted = scopes.granted(client, form.get("scope", ""))
    by_launch = "launch" in form or scopes.LAUNCH & set(granted.split())
    if by_launch:
        _demand(bool(form.get("launch")), "launch is missing")
        _demand(client.launch_url is not None, "launch is not for this client")
        audience = form.get("aud") or form.get("resource")
        _demand(audience == fhir_issuer, "aud must be the iss of the launch (SMART App Launch 2.2)")
    else:
        _demand("openid" in granted.split(), "launch is missing")
    return granted


def _check_proofs(form: Mapping[str, str]) -> None:
    challenged = _S256.fullmatch(form.get("code_challenge", "")) and form.get("code_challenge_method") == "S256"
    _demand(bool(challenged), "code_challenge with S256 is required")
    _demand("dpop_jkt" not in form or bool(_S256.fullmatch(form["dpop_jkt"])), "dpop_jkt")


def _check_login(form: Mapping[str, str]) -> None:
    prompts = form.get("prompt", "").split()
    _demand(set(prompts) <= _PROMPTS and (len(prompts) < 2 or "none" not in prompts), "prompt")  # noqa: PLR2004  alone
    _demand("max_age" not in form or bool(_SECONDS.fullmatch(form["max_age"])), "max_age")


def _demand(holds: bool, rule: str) -> None:  # noqa: FBT001  reads as a sentence: _demand(that, "rule")
    if not holds:
        raise OAuthError("invalid_request", rule)
