"""Answers that are not what they should be: an error, a mix-up (RFC 9207), a context for somebody else, a new key."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode, urlsplit

from flask import redirect

from portal.domain import jose
from portal.domain.client_key import public_half
from portal.domain.conformance.target.observed import Fault
from portal.domain.oids import HPR
from portal.web.parts import parts

if TYPE_CHECKING:
    from collections.abc import Collection
    from typing import Any

    from flask import Response
    from werkzeug.wrappers import Response as Redirect

    from portal.web.oauth.pushed import Pushed

# RFC 2606 §2: nobody is ever there.
_FOREIGN, _NOBODY_S_HPR = "https://fremmed.invalid", "999999999"
_ERRORS = {
    Fault.HELSEID_DOWN: {"error": "temporarily_unavailable", "error_description": "helseid_down"},
    Fault.DENIED: {"error": "access_denied", "error_description": "the clinician said no"},
}


def instead(fault: Fault, asked: Pushed) -> Redirect:
    """The browser's way back with an error, or with a code that is not to be redeemed."""
    if fault in _ERRORS:
        return redirect(asked.answer(_ERRORS[fault]), 303)
    url = urlsplit(asked.answer({"code": parts().token()}))
    other = {"iss": _FOREIGN} if fault is Fault.WRONG_ISSUER else {"state": parts().token()}
    return redirect(url._replace(query=urlencode(dict(parse_qsl(url.query)) | other)).geturl(), 303)


def fitting(response: Response) -> list[Fault]:
    """What can be altered in a token response: whom it is for, or the key of its id token."""
    return [Fault.KEY_ROTATION if "id_token" in response.get_json() else Fault.OTHER_PERSON]


def alter(fault: Fault, response: Response, order: str) -> None:
    """Alter a token response on its way out."""
    given = response.get_json()
    if fault is Fault.KEY_ROTATION:
        given["id_token"] = _by_new_key(given["id_token"], order)
    else:
        given |= {"sub": parts().token(), "fhirContext": [_of_nobody(item) for item in given["fhirContext"]]}
    response.set_data(json.dumps(given))


def publish(response: Response, orders: Collection[str]) -> None:
    """Put the new keys beside our own in the JWKS: another name for the same key is as new to who has read the rest."""
    if orders:
        key = parts().settings.signing_key("RS256")
        keys = [*response.get_json()["keys"], *({**public_half(key), "kid": _name(key, order)} for order in orders)]
        response.set_data(json.dumps({"keys": keys}))


def _by_new_key(token: str, order: str) -> str:
    key, known = parts().settings.signing_key("RS256"), jose.peek(token)
    return jose.sign({"typ": known.header["typ"], "kid": _name(key, order)}, dict(known.claims), key)


def _name(key: dict[str, str], order: str) -> str:
    return f"{key['kid']}-{order}"


def _of_nobody(item: dict[str, Any]) -> dict[str, Any]:
    if item["identifier"]["system"] != HPR:
        return item
    return item | {"identifier": {"system": HPR, "value": _NOBODY_S_HPR}}
