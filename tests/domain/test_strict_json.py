from __future__ import annotations

import pytest

from portal.domain.strict_json import loads


def test_what_every_reader_agrees_on_is_read() -> None:
    assert loads('{"navn": "Åse 😀", "tall": [1, 2.5, null, true]}'.encode()) == {
        "navn": "Åse 😀",
        "tall": [1, 2.5, None, True],
    }


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"a": 1, "a": 2}', id="name twice"),
        pytest.param(b'{"b": {"a": 1, "a": 2}}', id="name twice, inside"),
        pytest.param(b"[NaN]", id="NaN"),
        pytest.param(b"[-Infinity]", id="infinity"),
        pytest.param(b"[1e999]", id="infinity by overflow"),
        pytest.param(b"1" * 5000, id="endless integer"),
        pytest.param(b'"\xe5"', id="latin-1"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="utf-16"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="byte order mark"),
        pytest.param(rb'"\ud800"', id="lone surrogate"),
        pytest.param(rb'{"\udfff": 1}', id="lone surrogate in a name"),
        pytest.param(b"[" * 100_000, id="deep"),
        pytest.param(b"[" * 100_000 + b"]" * 100_000, id="deep and closed"),
        pytest.param(b'{"a": 1} x', id="trailing text"),
        pytest.param(b"", id="nothing"),
    ],
)
def test_everything_else_is_a_value_error(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        loads(raw)
