"""What the browser brings back from HelseID, or from an EPJ's server (RFC 6749 §4.1.2, RFC 9207)."""

from __future__ import annotations

import re
from typing import NamedTuple

from portal.errors import SignInError

_VALUE = re.compile(r"[ -~]{1,2048}")
_MOST = 20
# RFC 6749 §4.1.2.1 and OpenID Connect Core §3.1.2.6: words that may be named in a log.
_REASONS = frozenset(
    {
        "access_denied",
        "account_selection_required",
        "consent_required",
        "interaction_required",
        "invalid_request",
        "invalid_scope",
        "login_required",
        "server_error",
        "temporarily_unavailable",
        "unauthorized_client",
        "unsupported_response_type",
    }
)


class Response(NamedTuple):
    """The answer to the request that `state` names: a code, or why there is none; `iss` says whose it is."""

    state: str
    code: str | None = None
    error: str | None = None
    iss: str | None = None

    @property
    def reason(self) -> str:
        """The registered word for why there is no code; another word is not repeated."""
        return self.error if self.error in _REASONS else "error"

    def proven_code(self) -> str:
        """Return the code, once `state` has turned out to be ours.

        Raises SignInError login_denied, login_not_completed; the detail is the registered error word.
        """
        if self.code is None:
            denied = "login_denied" if self.error == "access_denied" else "login_not_completed"
            raise SignInError(denied, self.reason)
        return self.code


def read(parameters: list[tuple[str, str]], *, issuer: str | None = None) -> Response:
    """Return the answer from every parameter of the callback, in order and unmerged; HelseID's has `issuer` as `iss`.

    Without `issuer` the caller compares `iss` with the server that `state` stands for. Raises SignInError:
    login_response_malformed (a name given twice, a NUL; of the names we read a value that is empty, longer than 2048 or
    not printable ASCII; code together with error, neither of them, no state), login_issuer_mismatch.
    """
    given = dict(parameters)
    if len(given) != len(parameters) or len(parameters) > _MOST or any("\0" in value for value in given.values()):
        raise SignInError("login_response_malformed", "parameters")
    for name in ("iss", "state", "code", "error"):
        if name in given and not _VALUE.fullmatch(given[name]):
            raise SignInError("login_response_malformed", name)
    if issuer is not None and given.get("iss") != issuer:
        raise SignInError("login_issuer_mismatch")
    if "state" not in given or ("code" in given) == ("error" in given):
        raise SignInError("login_response_malformed", "code, error and state")
    return Response(given["state"], given.get("code"), given.get("error"), given.get("iss"))
