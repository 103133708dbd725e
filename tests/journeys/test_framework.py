"""An owner copies the requests of the framework's pages, one after the other, and each does what the page says."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import requests
from support.bodies import answered
from support.copied import blocks, curls, filled, parsed
from support.helseid import ANNA
from support.keys import ec

from portal.domain.pkce import s256
from portal.domain.target_bodies import ContextResponse, Introspection, LaunchFailureNoted, TokenResponse
from portal.web.framework.text import EXAMPLE

if TYPE_CHECKING:
    from pathlib import Path

    from support.world import World

    from portal.demo.browser import Browser, Page

OWNER, REGISTERED = "demo-melding", "eksempel-register"
CALLBACK = "https://melding.example.no/launch/callback"


class Owner:
    """Somebody with the pages, a key, and a shell."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.variables: dict[str, str] = {}
        (folder / "key.json").write_text(json.dumps(ec(OWNER).private), encoding="utf-8")
        (folder / "prove.py").write_text(self.own(blocks("nb", "registrering", "python")[0]), encoding="utf-8")

    def own(self, text: str) -> str:
        """The example with the owner's own names in it."""
        callback = f"http://127.0.0.1:9/{OWNER}/callback"
        return text.replace(CALLBACK, callback).replace(REGISTERED, OWNER).replace(EXAMPLE, self.world.origin)

    def prove(self, *arguments: str) -> str:
        command = [sys.executable, "prove.py", *arguments]
        return subprocess.run(command, cwd=self.folder, check=True, capture_output=True, text=True).stdout.strip()

    def send(self, command: str, document: str = "") -> requests.Response:
        asked = parsed(filled(self.own(command), self.variables.__getitem__, self.prove), document)
        with requests.Session() as session:
            session.trust_env = False
            data = asked.form or asked.body.encode() or None
            return session.request(asked.method, asked.url, data=data, headers=asked.headers, timeout=20)

    def begin(self, browser: Browser, listed: Page) -> None:
        """Be launched."""
        verifier = secrets.token_hex(32)
        self.variables |= {
            "LAUNCH": self.world.handle(browser, listed),
            "STATE": secrets.token_hex(32),
            "VERIFIER": verifier,
            "CHALLENGE": s256(verifier),
        }

    def launched(self, browser: Browser, listed: Page) -> dict[str, Any]:
        """Fetch the context as the page about SMART says."""
        par, token = curls("oppstart")[:2]
        self.begin(browser, listed)
        pushed = self.send(par)
        assert pushed.status_code == 201, pushed.text
        arrived = answered(self.world.authorize(browser, OWNER, pushed.json()["request_uri"]))
        assert (arrived["state"], arrived["iss"]) == (self.variables["STATE"], self.world.origin)
        self.variables["CODE"] = arrived["code"]
        given = self.send(token)
        assert given.status_code == 200, given.text
        told: dict[str, Any] = given.json()
        names = {"ACCESS_TOKEN": "access_token", "WRITEBACK_TOKEN": "writeback_token", "PATIENT": "patient"}
        self.variables |= {name: told[field] for name, field in names.items()}
        return told


@pytest.fixture
def owner(world: World, tmp_path: Path) -> Owner:
    folder = tmp_path / "owner"
    folder.mkdir()
    return Owner(world, folder)


def test_the_launch_with_smart(owner: Owner, anna: tuple[Browser, Page]) -> None:
    told = owner.launched(*anna)
    assert set(json.loads(blocks("nb", "oppstart", "json")[0])) <= set(told) <= set(TokenResponse.model_fields)
    assert told["sub"] == ANNA.sub
    _, _, patient, introspect, revoke = curls("oppstart")
    assert owner.send(patient).json()["id"] == told["patient"]
    stands = Introspection.model_validate(owner.send(introspect).json())
    assert (stands.active, stands.patient) == (True, told["patient"])
    assert owner.send(revoke).status_code == 200
    assert owner.send(introspect).json() == {"active": False}


def test_the_context_without_oauth(owner: Owner, anna: tuple[Browser, Page]) -> None:
    owner.begin(*anna)
    owner.variables["SUB"] = ANNA.sub
    answer = owner.send(curls("uten-oauth")[0])
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert set(json.loads(blocks("nb", "uten-oauth", "json")[0])) <= set(told) <= set(ContextResponse.model_fields)
    assert told["writeback_token_type"] == "DPoP"
    assert owner.send(curls("uten-oauth")[0]).status_code == 404


def test_the_context_is_not_for_another_person(owner: Owner, anna: tuple[Browser, Page]) -> None:
    owner.begin(*anna)
    for sub, status in (("somebody else", 403), (ANNA.sub, 404)):
        owner.variables["SUB"] = sub
        assert owner.send(curls("uten-oauth")[0]).status_code == status


def test_a_failed_launch(owner: Owner, anna: tuple[Browser, Page]) -> None:
    owner.begin(*anna)
    answer = owner.send(curls("feil")[0])
    assert answer.status_code == 201, answer.text
    noted = LaunchFailureNoted.model_validate(answer.json())
    assert anna[0].open(noted.page).status == 200
    owner.launched(*anna)


def test_write_back(owner: Owner, anna: tuple[Browser, Page]) -> None:
    told = owner.launched(*anna)
    put, state = curls("tilbakeskriving")
    document = json.loads(blocks("nb", "tilbakeskriving", "json")[0]) | {"patient": told["patient"]}
    assert [owner.send(put, json.dumps(document)).status_code for _ in range(2)] == [202, 200]
    assert owner.send(put, json.dumps(document | {"title": "En annen"})).status_code == 409
    assert owner.send(state).json().keys() >= {"sent", "received", "filed"}


def test_prove_py_makes_a_key_that_can_be_registered(owner: Owner) -> None:
    made = json.loads(owner.prove("new"))
    assert "d" not in made
    assert json.loads(owner.own(blocks("nb", "registrering", "json")[0]))["keys"][0].keys() == made.keys()
    assert "d" in json.loads((owner.folder / "key.json").read_text(encoding="utf-8"))
