"""The certified client openid-client (npm) as a target portal, in a process of its own, in every way to be registered.

with openid_target(world, WAYS["strict, ES256"]) as target:
    page = click(browser, listed)          # ends at the target, which shows what it was given as JSON
    target.do("introspect", token="access_token")
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import requests
from support.keys import ec, rsa
from support.node_program import NodeProgram
from support.third_party import offer

from portal.demo.ports import free_port
from portal.domain.client_registration import Authentication, Client, PublicKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.keys import Pair
    from support.world import World

SECRET = "a secret + both/know: of"
CONTEXT = "launch launch/patient"
WHO = "openid fhirUser profile"


class Way(NamedTuple):
    """How a target is registered, and what it does of what it may choose."""

    profile: Literal["strict", "classic"] = "classic"
    method: Authentication = "private_key_jwt"
    key: Pair | None = None
    par: bool = False
    dpop: bool = False

    def registered(self) -> dict[str, Any]:
        """The fields of its registration."""
        told: dict[str, Any] = {"profile": self.profile, "authentication": self.method}
        if self.key:
            public = {name: value for name, value in self.key.public.items() if name != "use"}
            told["keys"] = (PublicKey.model_validate(public),)
        if self.method.startswith("client_secret"):
            told["secret_sha256"] = sha256(SECRET.encode()).hexdigest()
        return told


WAYS = {
    "strict, ES256": Way("strict", key=ec("target-es256"), par=True, dpop=True),
    "strict, PS256": Way("strict", key=rsa("target-ps256", "PS256"), par=True, dpop=True),
    "classic, ES384": Way(key=ec("target-es384", "P-384", "ES384")),
    "classic, RS384": Way(key=rsa("target-rs384", "RS384")),
    "classic, RS384, pushed": Way(key=rsa("target-rs384", "RS384"), par=True),
    "classic, ES256, bound by its own choice": Way(key=ec("target-es256"), dpop=True),
}
IN_THE_SANDBOX = {
    "secret in a header": Way(method="client_secret_basic"),
    "secret in the form": Way(method="client_secret_post"),
    "public": Way(method="none"),
}
STRICT, CLASSIC = WAYS["strict, ES256"], WAYS["classic, RS384"]


class OpenIdTarget:
    """The program as it runs; `client_id` is its registration's."""

    def __init__(self, address: str, client: Client) -> None:
        self.address, self.client = address, client
        self.client_id = client.client_id
        self.back = f"{address}/callback"

    def do(self, what: str, **told: Any) -> Any:
        """Let its server do one thing by itself; a refusal is {error, code, message, said}."""
        return requests.post(f"{self.address}/do", json={"what": what, **told}, timeout=20).json()


@contextmanager
def openid_target(
    world: World, way: Way, registered: dict[str, Any] | None = None, **told: Any
) -> Iterator[OpenIdTarget]:
    """Put it in force for `demo-melding` and serve until the block ends; `told` is for the program."""
    address = f"http://127.0.0.1:{free_port()}"
    usual: dict[str, Any] = {
        "client_id": "demo-melding",
        "service": "demo-melding",
        "launch_url": f"{address}/launch",
        "release": ("patient_number", "hpr", "organisation"),
        "writeback": True,
    }
    with _served(world, way, address, usual | (registered or {}), {"scope": CONTEXT, **told}) as target:
        yield target


@contextmanager
def sign_on_target(
    world: World, way: Way, registered: dict[str, Any] | None = None, **told: Any
) -> Iterator[OpenIdTarget]:
    """As `openid_target` for `demo-sso`: a target that we sign people on at, and send nothing else to."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    offer(world, port)
    usual: dict[str, Any] = {
        "client_id": "demo-annen",
        "service": "demo-sso",
        "initiate_login_uri": f"{address}/login",
        "sign_on": True,
    }
    with _served(world, way, address, usual | (registered or {}), {"scope": WHO, **told}) as target:
        yield target


@contextmanager
def _served(
    world: World, way: Way, address: str, registered: dict[str, Any], told: dict[str, Any]
) -> Iterator[OpenIdTarget]:
    always = {"owner": "Demo-eier", "redirect_uris": (f"{address}/callback",)}
    client = Client.model_validate(always | way.registered() | registered)
    world.put_in_force(client)
    program = NodeProgram("openid-target.mjs", "openid-client")
    usual: dict[str, Any] = {
        "port": int(address.rpartition(":")[2]),
        "portal": world.origin,
        "client_id": client.client_id,
        "method": way.method,
        "key": way.key.private if way.key else None,
        "secret": SECRET,
        "par": way.par,
        "dpop": way.dpop,
        "post": False,
        "discovery": "oidc",
    }
    try:
        program.start(usual | told)
        yield OpenIdTarget(address, client)
    finally:
        program.close()


def passes(world: World, target: OpenIdTarget, seconds: int) -> None:
    """Time goes by for everybody."""
    world.clock.ahead += timedelta(seconds=seconds)
    target.do("clock", seconds=world.clock.ahead.total_seconds())
