"""`portal keys activate`: registers, probes, activates; each step is kept, and another run goes on from there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.adapters import self_service
from portal.adapters.client_keys import one_key
from portal.adapters.helseid import helseid_client
from portal.cli import surroundings
from portal.domain.client_key import State
from portal.errors import RequestRejected, UpstreamError
from portal.store import audit, client_keys
from portal.store.database import Database
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable
    from datetime import datetime

    from portal.domain.audit import AuditEvent


def run(arguments: Namespace) -> int:
    """Bring the key from where it is to active; raises RequestRejected, UpstreamError."""
    _Way(arguments.kid, by_hand=arguments.registered).go()
    return 0


class _Way:
    """One key and its steps; nothing is open in the database while HelseID is asked."""

    def __init__(self, kid: str, *, by_hand: bool) -> None:
        self._kid = kid
        self._by_hand = by_hand
        self._settings = surroundings.settings()
        self._database = Database(self._settings.database_url)
        self._vault = vault_of(self._settings)

    def go(self) -> None:
        steps: dict[State, Callable[[], str]] = {
            State.PENDING: self._register,
            State.REGISTERED: self._probe,
            State.PROBED: self._activate,
        }
        print(f"{self._kid} {self._state()}")
        while (state := self._state()) in steps:
            print(f"{self._kid} {steps[state]()}")
        if state is State.RETIRED:
            raise RequestRejected("invalid_body", f"{self._kid}: retired; make a new one")

    def _state(self) -> State:
        with self._database.read() as session:
            return client_keys.find(session, self._kid).state

    def _register(self) -> str:
        expires_at = None if self._by_hand else self._told()
        with self._database.write() as session:
            client_keys.registered(session, self._kid, surroundings.now(), expires_at)
            audit.record(session, self._act("key_registered", "by hand" if self._by_hand else "Selvbetjening"))
        return f"{State.REGISTERED}, expires {expires_at.isoformat()}" if expires_at else State.REGISTERED

    def _told(self) -> datetime | None:
        url = self._settings.helseid_key_api
        if url is None:
            raise RequestRejected("invalid_body", "PORTAL_HELSEID_KEY_API is not set; put it in by hand, --registered")
        with self._database.read() as session:
            ring = client_keys.ring(session, self._vault, self._settings.helseid_client_key)
            public = client_keys.find(session, self._kid).public
        try:
            return self_service.register(helseid_client(self._settings, one_key(ring.active)), url, public)
        except UpstreamError as error:
            # Its answer to an earlier run may have been lost, and the key that signs now with it.
            hint = f"{error.detail}; if Selvbetjening shows {self._kid} already, say --registered"
            raise UpstreamError(error.code, hint, retryable=error.retryable) from None

    def _probe(self) -> str:
        with self._database.write() as session:
            key = client_keys.to_probe(session, self._vault, self._kid)
        # A login that nobody will finish: to accept it, HelseID must know the key.
        helseid_client(self._settings, one_key(key)).begin({"scope": "openid"})
        with self._database.write() as session:
            client_keys.probed(session, self._kid, surroundings.now())
            audit.record(session, self._act("key_probed"))
        return State.PROBED

    def _activate(self) -> str:
        with self._database.write() as session:
            former = client_keys.activate(session, self._kid, surroundings.now())
            former = former or self._settings.helseid_client_key["kid"]
            audit.record(session, self._act("key_activated", f"{former} signs no more"))
        return f"{State.ACTIVE}, {former} signs no more"

    def _act(self, action: str, basis: str = "") -> AuditEvent:
        return surroundings.act(action, f"key {self._kid}", basis)
