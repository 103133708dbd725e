"""Our key at HelseID is replaced while people log in, and nobody notices, whatever HelseID does with the old one."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.helseid import ANNA
from support.keys import ec, rsa

from portal.adapters import self_service
from portal.adapters.client_keys import one_key
from portal.adapters.helseid import helseid_client
from portal.domain.client_key import public_half
from portal.store import client_keys
from portal.store.vault import vault_of

if TYPE_CHECKING:
    from support.keys import Pair
    from support.world import World

NEW, NEWER = ec("2026-2"), rsa("2026-3", "PS256", 4096)
# Within the thirty seconds that a process remembers its ring, and after them.
AGES = pytest.mark.parametrize("seconds", [0, 31], ids=["stale", "fresh"])
KEPT = pytest.mark.parametrize("kept", [True, False], ids=["HelseID keeps the old", "HelseID drops the old"])


def register(world: World, new: Pair, *, kept: bool) -> None:
    """Make a key and register it as Selvbetjening's API does; `kept` says whether the old one is good there still."""
    vault, first = vault_of(world.settings), world.settings.helseid_client_key
    with world.database.write() as session:
        client_keys.add(session, vault, new.private, "kari", world.clock())
        signing = client_keys.ring(session, vault, first).active
    url = f"{world.provider.issuer}/v1/client-secret"
    settings = world.settings.model_copy(update={"helseid_key_api": url})
    self_service.register(helseid_client(settings, one_key(signing)), url, public_half(new.private))
    if not kept:
        client = world.provider.config.client("portal")
        assert client
        client.jwks.keys[:] = client.jwks.keys[-1:]
    with world.database.write() as session:
        client_keys.registered(session, new.private["kid"], world.clock(), None)


def activate(world: World, new: Pair) -> None:
    with world.database.write() as session:
        client_keys.probed(session, new.private["kid"], world.clock())
        client_keys.activate(session, new.private["kid"], world.clock())


@AGES
@KEPT
def test_a_login_that_began_before_is_finished_after(world: World, seconds: int, *, kept: bool) -> None:
    browser = world.browser()
    asked = browser.open(f"{world.origin}/mine")
    for new in (NEW, NEWER):
        register(world, new, kept=kept)
        activate(world, new)
    world.clock.ahead += timedelta(seconds=seconds)
    assert browser.submit(asked, asked.form(), person=ANNA.sub).url == f"{world.origin}/mine"


@AGES
@KEPT
@pytest.mark.parametrize("new", [NEW, NEWER], ids=["EC", "RSA"])
def test_a_login_that_begins_after_needs_no_restart(world: World, seconds: int, new: Pair, *, kept: bool) -> None:
    world.log_in(world.browser(), ANNA)
    register(world, new, kept=kept)
    activate(world, new)
    world.clock.ahead += timedelta(seconds=seconds)
    assert world.log_in(world.browser(), ANNA).url == f"{world.origin}/mine"


@AGES
def test_until_it_is_active_the_old_key_signs(world: World, seconds: int) -> None:
    register(world, NEW, kept=True)
    client = world.provider.config.client("portal")
    assert client
    # Whatever the new one signed would be refused now.
    client.jwks.keys[:] = client.jwks.keys[:1]
    world.clock.ahead += timedelta(seconds=seconds)
    assert world.log_in(world.browser(), ANNA).url == f"{world.origin}/mine"
