from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.domain.keyring import NONCE_BYTES, KeyDestroyedError, Keyring
from portal.domain.oids import DNR, FNR

OLD, NEW, INDEX = bytes(32), b"\x01" * 32, b"\x02" * 32
NONCE = bytes(range(NONCE_BYTES))
NUMBER = "01817512484"
BEFORE = Keyring({"2026-1": OLD}, INDEX)
ROTATED = Keyring({"2026-2": NEW, "2026-1": OLD}, INDEX)
AFTER = Keyring({"2026-2": NEW}, INDEX)


@given(st.binary(), st.text(), st.binary(min_size=NONCE_BYTES, max_size=NONCE_BYTES))
def test_what_is_sealed_opens_for_its_purpose(plain: bytes, purpose: str, nonce: bytes) -> None:
    assert BEFORE.open(BEFORE.seal(plain, purpose, nonce), purpose) == plain


def test_nothing_of_the_text_shows() -> None:
    assert NUMBER.encode() not in BEFORE.seal(NUMBER.encode(), "context", NONCE)


def test_another_purpose_does_not_open_it() -> None:
    with pytest.raises(KeyDestroyedError):
        BEFORE.open(BEFORE.seal(b"patient", "context", NONCE), "document")


@pytest.mark.parametrize("place", range(len(BEFORE.seal(b"patient", "context", NONCE))))
def test_a_touched_byte_does_not_open(place: int) -> None:
    sealed = bytearray(BEFORE.seal(b"patient", "context", NONCE))
    sealed[place] ^= 0x80
    with pytest.raises(KeyDestroyedError):
        BEFORE.open(bytes(sealed), "context")


@pytest.mark.parametrize("length", range(len(BEFORE.seal(b"patient", "context", NONCE))))
def test_a_cut_does_not_open(length: int) -> None:
    with pytest.raises(KeyDestroyedError):
        BEFORE.open(BEFORE.seal(b"patient", "context", NONCE)[:length], "context")


def test_a_rotated_ring_opens_the_old_and_seals_with_the_newest() -> None:
    assert ROTATED.open(BEFORE.seal(b"patient", "context", NONCE), "context") == b"patient"
    assert AFTER.open(ROTATED.seal(b"patient", "context", NONCE), "context") == b"patient"


def test_a_destroyed_key_takes_the_text_with_it() -> None:
    with pytest.raises(KeyDestroyedError):
        AFTER.open(BEFORE.seal(b"patient", "context", NONCE), "context")


def test_a_patient_is_recognised_through_rotation_and_only_by_the_whole_identifier() -> None:
    ref = BEFORE.patient_ref(FNR, NUMBER)
    assert ref == AFTER.patient_ref(FNR, NUMBER)
    assert NUMBER not in ref
    others = {AFTER.patient_ref(DNR, NUMBER), AFTER.patient_ref(FNR, "31817541278")}
    others.add(Keyring({"2026-2": NEW}, OLD).patient_ref(FNR, NUMBER))
    assert len(others | {ref}) == 4
