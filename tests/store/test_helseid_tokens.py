from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest
from support import sealed_rows
from support.sealed_rows import NOW

from portal.errors import Unavailable, UpstreamError
from portal.lifetimes import Lifetimes
from portal.store import endings, helseid_tokens, logins, retention
from portal.store.helseid_tokens import OURSELVES, Fetched, TokenShelf
from portal.store.tables.sign_on import HelseIdTokenRow

if TYPE_CHECKING:
    from datetime import datetime

    from portal.store.database import Database

LIFE = timedelta(hours=10)


class Provider:
    """Hands out numbered tokens, one refresh token at a time, and takes its time about it."""

    def __init__(self) -> None:
        self.now = NOW
        self.asked: list[tuple[str, Any]] = []
        self.slow = 0.0
        self._lock = Lock()

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        # Alone, nobody else's clock runs meanwhile.
        self.now += timedelta(seconds=0 if self.slow else seconds)
        time.sleep(0.01)

    def fetch(self, audience: str) -> Any:
        def fetched(renewal: Any) -> Fetched:
            with self._lock:
                self.asked.append((audience, renewal))
                number = len(self.asked)
            time.sleep(self.slow)
            return Fetched(f"at-{number}", 600, {"refresh_token": f"rt-{number}"} if renewal else None)

        return fetched


@pytest.fixture
def provider() -> Provider:
    return Provider()


def shelf_on(database: Database, provider: Provider) -> TokenShelf:
    return TokenShelf(database, sealed_rows.vault(), provider.clock, provider.wait)


def token(database: Database, provider: Provider, audience: str = "a", owner: str = OURSELVES) -> str:
    return shelf_on(database, provider).token(owner, audience, NOW + LIFE, provider.fetch(audience))


def sign_in(database: Database) -> str:
    key = logins.hashed("cookie")
    with database.write() as session:
        sealed_rows.log_in(session, sealed_rows.vault(), key)
        login = logins.find(session, sealed_rows.vault(), "cookie", NOW, LIFE)
        assert login
        helseid_tokens.begin(session, sealed_rows.vault(), login, {"refresh_token": "rt-0"}, "k")
    return key


def test_a_token_is_used_until_half_a_minute_before_its_end(database: Database, provider: Provider) -> None:
    assert [token(database, provider) for _ in range(3)] == ["at-1"] * 3
    provider.now += timedelta(seconds=569)
    assert token(database, provider) == "at-1"
    provider.now += timedelta(seconds=1)
    assert token(database, provider) == "at-2"


def test_each_audience_has_a_token_of_its_own(database: Database, provider: Provider) -> None:
    assert [token(database, provider, audience) for audience in ("a", "b", "a", "b")] == [
        "at-1",
        "at-2",
        "at-1",
        "at-2",
    ]
    assert [audience for audience, _ in provider.asked] == ["a", "b"]


def test_each_token_is_fetched_with_the_newest_refresh_token(database: Database, provider: Provider) -> None:
    key = sign_in(database)
    assert [token(database, provider, audience, key) for audience in ("a", "b", "a")] == ["at-1", "at-2", "at-1"]
    assert [renewal for _, renewal in provider.asked] == [
        {"refresh_token": "rt-0", "jkt": "k"},
        {"refresh_token": "rt-1"},
    ]


def test_many_at_once_fetch_once(database: Database, provider: Provider) -> None:
    key, provider.slow = sign_in(database), 0.3
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: token(database, provider, "a", key), range(8)))
    assert found == {"at-1"}
    assert provider.asked == [("a", {"refresh_token": "rt-0", "jkt": "k"})]


def test_what_failed_leaves_the_lease_to_the_next(database: Database, provider: Provider) -> None:
    def fail(_: Any) -> Fetched:
        raise UpstreamError("upstream_unreachable", "token")

    with pytest.raises(UpstreamError):
        shelf_on(database, provider).token(OURSELVES, "a", NOW + LIFE, fail)
    assert token(database, provider) == "at-1"


def test_a_lease_of_who_died_is_taken_over_and_the_dead_one_s_answer_counts_no_more(
    database: Database, provider: Provider
) -> None:
    late: list[str] = []

    def die(_: Any) -> Fetched:
        provider.now += timedelta(seconds=16)
        late.append(token(database, provider))
        return Fetched("at-late", 600)

    assert shelf_on(database, provider).token(OURSELVES, "a", NOW + LIFE, die) == "at-late"
    assert late == ["at-1"]
    assert token(database, provider) == "at-1"


def test_nobody_waits_for_ever(database: Database, provider: Provider) -> None:
    with database.write() as session:
        stuck = {"leased_until": NOW + LIFE, "fence": 1, "keep_until": NOW + LIFE}
        session.add(HelseIdTokenRow(owner=OURSELVES, audience="", **stuck))
    with pytest.raises(Unavailable):
        token(database, provider)
    assert provider.asked == []


def test_tokens_are_forgotten_with_the_longest_life_of_their_login(database: Database, provider: Provider) -> None:
    token(database, provider)
    for ahead, count in ((LIFE - timedelta(seconds=1), 0), (LIFE, 2), (LIFE, 0)):
        assert retention.run(database, NOW + ahead, Lifetimes()).helseid_tokens == count


def test_tokens_go_with_the_login_and_none_is_readable(database: Database, provider: Provider) -> None:
    key = sign_in(database)
    token(database, provider, "a", key)
    with database.read() as session:
        rows = [session.get_one(HelseIdTokenRow, (key, audience)) for audience in ("", "a")]
        assert not any(secret in (row.sealed or b"") for row in rows for secret in (b"at-1", b"rt-1"))
    with database.write() as session:
        endings.of_login(session, key, NOW)
        assert session.get(HelseIdTokenRow, (key, "")) is None
        assert session.get(HelseIdTokenRow, (key, "a")) is None
