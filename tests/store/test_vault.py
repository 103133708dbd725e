from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.staging import settings_for

from portal.domain.keyring import KeyDestroyedError, Keyring
from portal.store.vault import Vault, vault_of

if TYPE_CHECKING:
    from collections.abc import Callable

OLD, NEW, INDEX = bytes(32), b"\x01" * 32, b"\x02" * 32
VALUES = ["text", "æøå", 1, None, [], {"number": "01817512484", "empty": None}]


def counting() -> Callable[[int], bytes]:
    """Bytes that are never the same twice."""
    count = iter(range(1000))
    return lambda length: next(count).to_bytes(length, "big")


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring({"2026-1": OLD}, INDEX), counting())


@pytest.mark.parametrize("value", VALUES)
def test_what_is_sealed_opens_again_and_does_not_show(vault: Vault, value: Any) -> None:
    sealed = vault.seal(value, "context")
    assert vault.open(sealed, "context") == value
    assert b"01817512484" not in sealed


def test_it_opens_for_its_purpose_alone(vault: Vault) -> None:
    assert vault.open(vault.seal("value", "context"), "document") is None


def test_no_two_seals_are_alike(vault: Vault) -> None:
    assert len({vault.seal("value", "context") for _ in range(10)}) == 10


def test_bytes_are_sealed_as_they_are(vault: Vault) -> None:
    raw = bytes(range(256))
    sealed = vault.seal_bytes(raw, "pdf")
    assert vault.keyring.open(sealed, "pdf") == raw
    assert len(sealed) < len(raw) + 64
    with pytest.raises(KeyDestroyedError):
        vault.keyring.open(sealed, "document")


def test_the_newest_key_seals_and_a_destroyed_one_takes_its_values_along(vault: Vault) -> None:
    before = vault.seal("before", "context")
    rotated = Vault(Keyring({"2026-1": OLD, "2026-2": NEW}, INDEX), counting())
    after = rotated.seal("after", "context")
    assert (rotated.open(before, "context"), rotated.open(after, "context")) == ("before", "after")
    destroyed = Vault(Keyring({"2026-2": NEW}, INDEX), counting())
    assert (destroyed.open(before, "context"), destroyed.open(after, "context")) == (None, "after")


def test_the_settings_give_keys_and_the_system_gives_nonces() -> None:
    settings = settings_for(
        "http://portal.test",
        "http://helseid.test",
        "sqlite://",
        Path("state"),
        {"data_keys": {"1": OLD, "2": NEW}},
    )
    made = vault_of(settings)
    one, other = made.seal("value", "context"), made.seal("value", "context")
    assert one != other
    assert Vault(Keyring({"2": NEW}, INDEX), counting()).open(one, "context") == "value"
