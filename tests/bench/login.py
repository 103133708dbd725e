"""What a login costs, side by side with the certified client openid-client doing the same in Node."""

from __future__ import annotations

import time
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from bench import load, relying_parties
from bench.figures import Figure
from support.keys import ec, rsa, signed

from portal.demo import keys, people, ports
from portal.demo.standin import now, token
from portal.domain import assertion, jose

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from bench.servers import Server

    from portal.adapters.openid import OpenIdClient

WARM_UP, COUNT, RUNS = 150, 50, 7  # Node compiles what it has seen some hundred times


class Person:
    """Somebody whom HelseID knows from before, so that every login is silent; to the relying party always new."""

    def __init__(self) -> None:
        self._at_helseid, self._at_party = load.visitor(), load.visitor()

    def log_in(self, origin: str) -> None:
        """Go from a relying party's /login to HelseID and back, and get a session."""
        self._at_party.cookies.clear()
        self._sent_on(self.answered(self._sent_on(f"{origin}/login")))
        assert any(name.endswith("session") for name in self._at_party.cookies.get_dict())

    def answered(self, url: str) -> str:
        """Where HelseID sends the browser with its answer."""
        answer = self._at_helseid.get(url, allow_redirects=False, timeout=10)
        if answer.status_code == 200:
            chosen = {"person": people.ANNA["sub"]}
            answer = self._at_helseid.post(url, data=chosen, allow_redirects=False, timeout=10)
        return answer.headers["Location"]

    def _sent_on(self, url: str) -> str:
        answer = self._at_party.get(url, allow_redirects=False, timeout=10)
        assert answer.status_code == 303, f"{answer.status_code} at {urlsplit(url).path}"
        return answer.headers["Location"]


def measured(folder: Path) -> Iterator[Figure]:
    """Each figure: name, value, unit."""
    folder.mkdir()
    at, made, person = ports.ephemeral(), keys.fresh(), Person()
    with ExitStack() as running:
        running.enter_context(relying_parties.helseid(folder, at, made))
        servers = [
            running.enter_context(relying_parties.portal(folder, at, made)),
            running.enter_context(relying_parties.openid_client(relying_parties.other(at, made))),
            running.enter_context(relying_parties.openid_client(relying_parties.third(at, made), keep_nonce=True)),
        ]
        ours, theirs, sparing = cpu_per_login(servers, person)
        alone = cpu_of_client(relying_parties.other(at, made).helseid_client(), person)
    yield Figure("login, portal: CPU per login", ours, "ms")
    yield Figure("login, our HelseID client alone: CPU per login", alone, "ms")
    yield Figure("login, openid-client in Node: CPU per login", theirs, "ms")
    yield Figure("login as a ratio to openid-client", ours / theirs, "x")
    yield Figure("login, openid-client that keeps the nonce: CPU per login", sparing, "ms")
    yield from signatures()


def cpu_per_login(servers: list[Server], person: Person) -> list[float]:
    """Milliseconds of its core that a login costs each; the middle one of runs in turns, so that all see the same."""
    for server in servers:
        _cpu_per_login(server, person, WARM_UP)
    runs = [[_cpu_per_login(server, person, COUNT) for server in servers] for _ in range(RUNS)]
    return [median(costs) for costs in zip(*runs, strict=True)]


def cpu_of_client(client: OpenIdClient, person: Person) -> float:
    """The same in this process, with no Flask and no database around it."""
    _client_login(client, person)
    return median(_client_login(client, person) for _ in range(COUNT * RUNS)) * 1000


def signatures() -> Iterator[Figure]:
    """The part of the signatures: a login makes five and checks one."""
    yield Figure("one signature, ES256", _signing(ec("bench").private), "ms")
    for bits in (2048, 4096):
        yield Figure(f"one signature, PS256 with {bits} bits", _signing(rsa("bench", "PS256", bits).private), "ms")
    pair = rsa("bench")
    given = signed({"alg": "RS256", "kid": "bench"}, {"sub": "a"}, pair.private)
    check = _took(lambda: jose.verify(given, [pair.public], algorithms=("RS256",), types=(None,)))
    yield Figure("one signature checked, RS256 with 2048 bits", check, "ms")


def _cpu_per_login(server: Server, person: Person, count: int) -> float:
    before = server.cpu_seconds()
    for _ in range(count):
        person.log_in(server.origin)
    return (server.cpu_seconds() - before) * 1000 / count


def _client_login(client: OpenIdClient, person: Person) -> float:
    """Seconds of CPU; what the browser does meanwhile is left out."""
    before = time.process_time()
    begun = client.begin(relying_parties.ASKED)
    spent = time.process_time() - before
    code = parse_qs(urlsplit(person.answered(begun.url)).query)["code"][0]
    before = time.process_time()
    client.finish(code, verifier=begun.verifier, nonce=begun.nonce)
    return spent + time.process_time() - before


def _signing(key: Mapping[str, str]) -> float:
    return _took(lambda: assertion.make(key, "bench", "https://helseid.test", now(), token()))


def _took(act: Callable[[], object], count: int = 200) -> float:
    act()
    before = time.process_time()
    for _ in range(count):
        act()
    return (time.process_time() - before) * 1000 / count
