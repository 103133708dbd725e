from __future__ import annotations

import pytest

from portal.domain.report import in_latin_1


@pytest.mark.parametrize(
    ("data", "written", "left_out"),
    [
        ("đ – 日", "d - ", 1),
        ({"a": "日", "b": ["本x", {"c": "語"}], "n": 1}, {"a": "", "b": ["x", {"c": ""}], "n": 1}, 3),
        ([], [], 0),
        (None, None, 0),
    ],
)
def test_every_text_within_is_written_in_the_letters_of_journals(data: object, written: object, left_out: int) -> None:
    assert in_latin_1(data) == (written, left_out)
