"""A target portal on real HTTP that does right, or wrong in the ways that a test names."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from support.helseid import ANNA
from support.loopback import Asked, Says, http_server
from support.owner import ID

from portal.domain.pkce import s256

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.owner import Owner


@dataclass
class HttpTarget:
    """Every launch on its way by state, and every form that is open; `wrong` is what it does wrong."""

    owner: Owner
    wrong: set[str] = field(default_factory=set)
    begun: dict[str, tuple[str, str]] = field(default_factory=dict)
    forms: list[dict[str, Any]] = field(default_factory=list)
    origin: str = ""

    def answer(self, asked: Asked) -> Says:
        at = urlsplit(asked.path)
        given = dict(parse_qsl(at.query))
        if at.path == "/launch":
            return self._launch(given)
        cookie = SimpleCookie(asked.headers.get("cookie", ""))
        return self._callback(given, cookie["state"].value if "state" in cookie else "")

    def _launch(self, given: dict[str, str]) -> Says:
        iss = given.get("iss", "")
        if iss != self.owner.world.settings.fhir_issuer and "any_iss" not in self.wrong:
            return _to(f"{iss}/authorize") if "follows_iss" in self.wrong else Says(b"iss", 400)
        if not given.get("launch") and "without_launch" not in self.wrong:
            return Says(b"launch", 400)
        if "asks_first" in self.wrong:
            return Says(b"Log in here")
        return self._begin(given.get("launch") or "none")

    def _begin(self, launch: str) -> Says:
        state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        here = {"redirect_uri": f"{self.origin}/callback", "state": state, "code_challenge": s256(verifier)}
        asked = self.owner.asked(verifier, launch, **here)
        pushed = self.owner.client.post(f"{self.owner.world.origin}/oauth/par", asked).json()
        self.begun[state] = launch, verifier
        query = urlencode({"client_id": ID, "request_uri": pushed["request_uri"]})
        return _to(f"{self.owner.world.origin}/oauth/authorize?{query}", {"Set-Cookie": f"state={state}; Path=/"})

    def _callback(self, given: dict[str, str], state: str) -> Says:
        if "any_state" in self.wrong and given.get("state") not in self.begun:
            return Says(b"Welcome")
        begun = self.begun.pop(state, None) if state and state == given.get("state") else None
        if begun is None:
            return Says(b"state", 400)
        launch, verifier = begun
        if "breaks" in self.wrong and "error" in given:
            return Says(b"Traceback", 500)
        if "restarts" in self.wrong and "error" in given:
            return self._begin(launch)
        if given.get("iss") != self.owner.world.origin or "code" not in given:
            self.owner.tell(launch=launch)
            return Says(b"Not opened", 403)
        return self._redeem(launch, verifier, given["code"])

    def _redeem(self, launch: str, verifier: str, code: str) -> Says:
        form = self.owner.grant(code, verifier) | {"redirect_uri": f"{self.origin}/callback"}
        answer = self.owner.client.post_bound(f"{self.owner.world.origin}/oauth/token", form)
        if answer.status != 200 or answer.json()["sub"] != ANNA.sub:
            self.owner.tell("other_person", launch=launch)
            return Says(b"Not opened", 403)
        self.forms.append(answer.json())
        for open_form in self.forms:
            self.owner.put(open_form)
        return Says(b"Sent")


@contextmanager
def standing(owner: Owner, *wrong: str) -> Iterator[HttpTarget]:
    """Serve the owner's target until the block ends, and register it."""
    target = HttpTarget(owner, set(wrong))
    with http_server(target.answer) as origin:
        target.origin = origin
        registered = owner.register(launch_url=f"{origin}/launch", redirect_uris=[f"{origin}/callback"])
        assert registered.status == 201
        yield target


def _to(url: str, headers: dict[str, str] | None = None) -> Says:
    return Says(b"", 303, {"Location": url, **(headers or {})})
