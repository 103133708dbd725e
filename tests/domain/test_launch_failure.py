from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from portal.domain.launch_failure import FOR_OWNER, Code, Failure, code_of
from portal.domain.text import is_opaque_id

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
FAILURE = Failure("l-1", "demo-melding", Code.INTERNAL, NOW)


@pytest.mark.parametrize("code", Code)
def test_a_word_of_the_list_is_counted_as_itself_and_means_something_to_the_owner(code: Code) -> None:
    assert code_of(code.value) is code
    assert FOR_OWNER[code]


@pytest.mark.parametrize("word", ["no_such_word", "INTERNAL", ""])
def test_a_targets_own_word_is_counted_as_other(word: str) -> None:
    assert code_of(word) is Code.OTHER


def test_the_same_failure_has_the_same_reference_whenever_it_is_told_of() -> None:
    assert FAILURE.reference == replace(FAILURE, at=NOW + timedelta(hours=1)).reference


def test_another_launch_or_another_code_has_another_reference() -> None:
    others = replace(FAILURE, launch_id="l-2"), replace(FAILURE, code=Code.OTHER)
    assert len({FAILURE.reference, *(other.reference for other in others)}) == 3


def test_a_reference_is_sixteen_letters_and_nobodys_number() -> None:
    assert len(FAILURE.reference) == 16
    assert FAILURE.reference.isalpha()
    assert is_opaque_id(FAILURE.reference)
