"""Whatever a person may be refused with, the page says what to do, in the person's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.pages import in_each_language, pages_app

from portal.errors import (
    ContextRejected,
    LaunchRejected,
    NotAllowed,
    NotFound,
    RequestRejected,
    SignInError,
    SmartRejected,
)
from portal.web.problem_texts import text_for

if TYPE_CHECKING:
    from pathlib import Path

MET_BY_PEOPLE = (SignInError, NotAllowed, NotFound, ContextRejected, LaunchRejected, RequestRejected, SmartRejected)
CODES = sorted({code for family in MET_BY_PEOPLE for code in family.codes})


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_its_own_words_in_every_language(code: str, tmp_path: Path) -> None:
    told = [(text_for(code), text_for("internal")) for _ in in_each_language(pages_app(tmp_path))]
    assert all(text != general for text, general in told)
    assert len({text for text, _ in told}) == 3
    assert not any(code in text.title or code in text.text for text, _ in told)


def test_an_unknown_code_gets_the_general_words(tmp_path: Path) -> None:
    for _ in in_each_language(pages_app(tmp_path)):
        assert text_for("no_such_code") == text_for("internal")
