from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from support.issuer import Issuer, client_of, issuer
from support.keys import ec, rsa
from support.loopback import Says

from portal.adapters.client_keys import ClientKeys, one_key
from portal.domain import dpop, jose
from portal.domain.client_key import Ring, State, ring_of
from portal.errors import Unavailable, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support.keys import Pair
    from support.loopback import Asked

    from portal.adapters.openid import OpenIdClient
    from portal.domain.client_key import PrivateJwk

OLD, NEW, VERIFIER = ec("old"), rsa("new", "PS256"), "v" * 43
PAR, TOKEN, USERINFO = "/connect/par", "/connect/token", "/connect/userinfo"
THIRTY = timedelta(seconds=30)


class Shelf:
    """Where the ring lies; it counts who reads."""

    def __init__(self) -> None:
        self.ring: Ring | None = ring_of(OLD.private)
        self.reads = 0

    def read(self) -> Ring:
        self.reads += 1
        if self.ring is None:
            raise Unavailable("unavailable", "database")
        return self.ring

    def rotate(self) -> None:
        self.ring = ring_of(OLD.private, [(State.ACTIVE, NEW.private)])


@pytest.fixture
def helseid() -> Iterator[Issuer]:
    with issuer() as it:
        it.client_keys = [OLD.public]
        it.tokens["id_token"] = it.id_token("n")
        yield it


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def keys(shelf: Shelf, helseid: Issuer) -> ClientKeys:
    return ClientKeys(shelf.read, lambda: helseid.now)


@pytest.fixture
def client(keys: ClientKeys, helseid: Issuer) -> OpenIdClient:
    """A client that has read the ring as it was."""
    keys.active()
    return client_of(helseid, keys=keys, userinfo_scheme="DPoP")


def rotate(helseid: Issuer, shelf: Shelf) -> None:
    """The old key is dropped at HelseID and retired here; who has read the ring before does not know."""
    helseid.client_keys = [NEW.public]
    shelf.rotate()


def assertions(helseid: Issuer, path: str) -> list[str | None]:
    """The key that signed each assertion."""
    return [jose.key_id_of(asked.form["client_assertion"]) for asked in helseid.asked_for(path)]


def provers(helseid: Issuer, path: str) -> list[str]:
    """The key that made each proof."""
    names = {dpop.thumbprint(pair.public): pair.private["kid"] for pair in (OLD, NEW)}
    proofs = (jose.peek(asked.headers["dpop"]) for asked in helseid.asked_for(path))
    return [names[dpop.thumbprint(proof.header["jwk"])] for proof in proofs]


def log_in(client: OpenIdClient) -> None:
    client.begin({"scope": "openid"})


def redeem(client: OpenIdClient) -> None:
    client.redeem("code-1", VERIFIER)


def refresh(client: OpenIdClient) -> None:
    client.tokens.refresh("rt-1")


def for_ourselves(client: OpenIdClient) -> None:
    client.tokens.client_credentials("scope")


def test_many_logins_read_the_ring_once_in_thirty_seconds(client: OpenIdClient, helseid: Issuer, shelf: Shelf) -> None:
    for _ in range(5):
        log_in(client)
    assert shelf.reads == 1
    helseid.now += THIRTY
    log_in(client)
    assert shelf.reads == 2


def test_of_many_at_once_one_reads_and_nobody_waits(shelf: Shelf, helseid: Issuer) -> None:
    def slowly() -> Ring:
        time.sleep(0.2 if shelf.reads else 0)
        return shelf.read()

    keys = ClientKeys(slowly, lambda: helseid.now)
    assert keys.active() == OLD.private
    helseid.now += THIRTY
    with ThreadPoolExecutor(8) as pool:
        assert all(key == OLD.private for key in pool.map(lambda _: keys.active(), range(50)))
    assert shelf.reads == 2


def test_a_rotation_is_seen_after_thirty_seconds(client: OpenIdClient, helseid: Issuer, shelf: Shelf) -> None:
    log_in(client)
    helseid.client_keys.append(NEW.public)
    shelf.rotate()
    helseid.now += THIRTY
    begun = client.begin({"scope": "openid"})
    assert assertions(helseid, PAR) == ["old", "new"]
    assert begun.jkt == dpop.thumbprint(NEW.public)


def test_the_last_ring_stands_while_the_database_is_away(keys: ClientKeys, helseid: Issuer, shelf: Shelf) -> None:
    keys.active()
    shelf.ring = None
    helseid.now += THIRTY
    assert keys.active() == OLD.private
    helseid.now += timedelta(seconds=29)
    keys.active()
    assert shelf.reads == 2


def test_without_any_ring_nothing_is_signed(keys: ClientKeys, helseid: Issuer, shelf: Shelf) -> None:
    shelf.ring = None
    with pytest.raises(Unavailable):
        log_in(client_of(helseid, keys=keys))
    assert helseid.asked_for(PAR) == []


@pytest.mark.parametrize(
    ("act", "path", "signers"),
    [
        (log_in, PAR, ["old", "new"]),
        (redeem, TOKEN, ["old", "new", "new"]),
        (refresh, TOKEN, ["old", "new", "new"]),
        (for_ourselves, TOKEN, ["old", "new", "new"]),
    ],
)
def test_a_key_that_helseid_no_longer_knows_is_tried_once(
    client: OpenIdClient,
    helseid: Issuer,
    shelf: Shelf,
    act: Callable[[OpenIdClient], None],
    path: str,
    signers: list[str],
) -> None:
    rotate(helseid, shelf)
    act(client)
    assert assertions(helseid, path) == signers
    assert shelf.reads == 2


def test_the_second_try_has_everything_new(client: OpenIdClient, helseid: Issuer, shelf: Shelf) -> None:
    rotate(helseid, shelf)
    redeem(client)
    assert provers(helseid, TOKEN) == ["old", "new", "new"]
    tokens = [asked.form["client_assertion"] for asked in helseid.asked_for(TOKEN)]
    tokens += [asked.headers["dpop"] for asked in helseid.asked_for(TOKEN)]
    assert len({jose.peek(token).claims["jti"] for token in tokens}) == 6


@pytest.mark.parametrize("act", [log_in, redeem, refresh, for_ourselves])
def test_an_unknown_key_without_another_is_refused_at_once(
    client: OpenIdClient, helseid: Issuer, act: Callable[[OpenIdClient], None]
) -> None:
    helseid.client_keys = [NEW.public]
    with pytest.raises(UpstreamError, match="invalid_client"):
        act(client)
    assert len(helseid.asked_for(PAR) + helseid.asked_for(TOKEN)) == 1


@pytest.mark.parametrize("act", [log_in, redeem, refresh, for_ourselves])
def test_a_second_key_that_is_unknown_too_is_not_tried_again(
    client: OpenIdClient, helseid: Issuer, shelf: Shelf, act: Callable[[OpenIdClient], None]
) -> None:
    shelf.rotate()
    helseid.client_keys = []
    with pytest.raises(UpstreamError, match="invalid_client"):
        act(client)
    assert len(helseid.asked_for(PAR) + helseid.asked_for(TOKEN)) == 2


@pytest.mark.parametrize(
    "says",
    [
        Says({"error": "invalid_grant"}, 400),
        Says({"error": "server_error"}, 500),
        Says({"error": "invalid_client"}, 503),
        Says(b"", 401),
    ],
)
def test_a_code_that_may_be_spent_is_not_shown_again(
    client: OpenIdClient, helseid: Issuer, shelf: Shelf, says: Says
) -> None:
    shelf.rotate()
    helseid.overrides[TOKEN] = lambda _: says
    with pytest.raises(UpstreamError):
        redeem(client)
    assert assertions(helseid, TOKEN) == ["old"]


def test_an_answer_that_never_comes_is_no_reason_to_show_a_code_again(
    client: OpenIdClient, helseid: Issuer, shelf: Shelf
) -> None:
    def silent(_: Asked) -> Says:
        time.sleep(3)
        return Says({"error": "invalid_client"}, 401)

    shelf.rotate()
    helseid.overrides[TOKEN] = silent
    with pytest.raises(UpstreamError, match="unreachable"):
        redeem(client)
    assert assertions(helseid, TOKEN) == ["old"]


def test_what_an_old_key_began_is_proved_with_it_and_signed_by_the_new(
    client: OpenIdClient, helseid: Issuer, shelf: Shelf
) -> None:
    begun = client.begin({"scope": "openid"})
    rotate(helseid, shelf)
    client.finish("code-1", verifier=begun.verifier, nonce="n", jkt=begun.jkt)
    client.tokens.refresh("rt-1", jkt=begun.jkt)
    assert assertions(helseid, TOKEN) == ["old", *["new"] * 4]
    assert set(provers(helseid, TOKEN)) == set(provers(helseid, USERINFO)) == {"old"}


def test_what_another_process_began_with_a_newer_key_is_finished_here(
    client: OpenIdClient, helseid: Issuer, shelf: Shelf
) -> None:
    log_in(client)
    helseid.client_keys.append(NEW.public)
    shelf.rotate()
    elsewhere = client_of(helseid, keys=ClientKeys(shelf.read, lambda: helseid.now)).begin({"scope": "openid"})
    client.redeem("code-1", elsewhere.verifier, elsewhere.jkt)
    assert set(provers(helseid, TOKEN)) == {"new"}


def test_what_is_bound_to_a_forgotten_key_is_refused_before_it_is_shown(client: OpenIdClient, helseid: Issuer) -> None:
    with pytest.raises(UpstreamError, match="the key is gone"):
        client.redeem("code-1", VERIFIER, dpop.thumbprint(NEW.public))
    assert helseid.asked_for(TOKEN) == []


@pytest.mark.parametrize("key", [OLD.private, NEW.private])
def test_one_key_is_all_that_some_have(key: PrivateJwk) -> None:
    keys = one_key(key)
    keys.renew()
    assert keys.active() == keys.bound(dpop.thumbprint(key)) == key


@pytest.mark.parametrize("pair", [OLD, NEW])
def test_either_kind_of_key_logs_in(helseid: Issuer, pair: Pair) -> None:
    helseid.client_keys = [pair.public]
    client = client_of(helseid, keys=one_key(pair.private), userinfo_scheme="DPoP")
    begun = client.begin({"scope": "openid"})
    assert client.finish("code-1", verifier=begun.verifier, nonce="n", jkt=begun.jkt).claims["sub"] == "s"
