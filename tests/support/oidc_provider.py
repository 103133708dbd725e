"""The certified provider oidc-provider (npm), set up by HelseID's rules, in a process of its own."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, Literal, Self

import requests
from support.helseid import PEOPLE
from support.node_program import NodeProgram

from portal.demo.helseid import keys
from portal.demo.helseid.scopes import OWN, claims
from portal.demo.helseid.userinfo import hpr_details
from portal.demo.ports import free_port
from portal.domain.identity import HPR_DETAILS

if TYPE_CHECKING:
    from portal.demo.helseid.config import Client, Person


class OidcProvider:
    """oidc-provider as a counterpart (support/counterpart); tokens for the audiences in `opaque` are no JWTs."""

    kind = "oidc-provider"
    userinfo_scheme: Literal["Bearer", "DPoP"] = "DPoP"

    def __init__(
        self,
        *clients: Client,
        people: tuple[Person, ...] = PEOPLE,
        access_token_lifetime: int = 600,
        opaque: tuple[str, ...] = (),
    ) -> None:
        self.address = f"http://127.0.0.1:{free_port()}"
        self._keys = [keys.make()]
        self._told = {
            "issuer": self.address,
            "secret": secrets.token_hex(32),
            "clients": [client.model_dump(mode="json") for client in clients],
            "people": [_described(person) for person in people],
            "lifetime": access_token_lifetime,
            "opaque": opaque,
        }

    def __enter__(self) -> Self:
        self._program = NodeProgram("oidc-provider.mjs")
        self._state = self._program.folder / "state"
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._program.close()

    def start(self) -> None:
        jwks = {"keys": [key.as_dict(private=True) for key in self._keys]}
        self._program.start({**self._told, "state": str(self._state), "jwks": jwks})

    def stop(self) -> None:
        self._program.stop()

    def restart(self, *, keep: bool = True) -> None:
        self.stop()
        if not keep:
            self._state.unlink(missing_ok=True)
        self.start()

    def rotate_keys(self) -> None:
        self._keys.insert(0, keys.make())
        self.restart()

    def drop_old_keys(self) -> None:
        del self._keys[1:]
        self.restart()

    def end_sessions(self, person: Person) -> None:
        requests.post(f"{self.address}/end-sessions", params={"sub": person.sub}, timeout=10).raise_for_status()


def _described(person: Person) -> dict[str, Any]:
    return {
        "sub": person.sub,
        "levels": person.levels,
        "claims": claims(person, max(person.levels), OWN),
        "userinfo": {HPR_DETAILS: hpr_details(person)},
    }
