"""A log line is one line, and knows nothing that it was not told by name."""

from __future__ import annotations

import io
import json
import logging
from typing import Any

import pytest

from portal.adapters.log_lines import JsonLines

PATIENT = "Line Danser"


class Log(logging.Logger):
    """A logger of its own; `lines` is what it wrote so far."""

    def __init__(self) -> None:
        super().__init__("portal.test")
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(JsonLines())
        self.addHandler(handler)

    @property
    def lines(self) -> list[str]:
        return self._stream.getvalue().split("\n")[:-1]

    def only(self) -> dict[str, Any]:
        """The one line, read."""
        (line,) = self.lines
        return dict(json.loads(line))


@pytest.fixture
def log() -> Log:
    return Log()


def fail() -> None:
    try:
        int(PATIENT)
    except ValueError as error:
        raise RuntimeError(PATIENT) from error


def test_a_line_says_when_how_grave_who_and_what(log: Log) -> None:
    log.warning("delivery %s", "sent")
    line = log.only()
    assert line.pop("at").endswith("+00:00")
    assert line == {"level": "WARNING", "logger": "portal.test", "message": "delivery sent"}


def test_extras_are_members(log: Log) -> None:
    log.info("refused", extra={"code": "invalid_token", "status": 401, "places": ["a"], "kind": ValueError})
    line = log.only()
    assert (line["code"], line["status"], line["places"]) == ("invalid_token", 401, ["a"])
    assert line["kind"] == "<class 'ValueError'>"


def test_an_exceptions_text_is_never_in_a_line(log: Log) -> None:
    try:
        fail()
    except RuntimeError:
        log.exception("failed", stack_info=True, extra={"code": "internal"})
    assert log.only()["code"] == "internal"
    assert PATIENT not in log.lines[0]
    assert "Traceback" not in log.lines[0]
    assert "ValueError" not in log.lines[0]


@pytest.mark.parametrize("character", [chr(code) for code in range(0x20)])
def test_control_characters_are_escaped(log: Log, character: str) -> None:
    said = f'a{character}{{"level": "INFO"}}'
    log.info("%s", said, extra={"code": said})
    assert character not in log.lines[0]
    assert (log.only()["message"], log.only()["code"]) == (said, said)


def test_norwegian_stands_as_it_is_written(log: Log) -> None:
    log.info("kvittering på vei")
    assert "på" in log.lines[0]
