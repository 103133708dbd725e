"""However a launch failed, its page says what happened and what to do, in the person's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.pages import in_each_language, pages_app

from portal.domain.launch_failure import Code
from portal.web.failure_texts import text_for

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("code", Code)
def test_every_code_has_its_own_words_in_every_language(code: Code, tmp_path: Path) -> None:
    others = [other for other in Code if other is not code]
    told = set()
    for _ in in_each_language(pages_app(tmp_path)):
        text = text_for(code)
        assert str(text.happened) not in [str(text_for(other).happened) for other in others]
        assert str(text.now)
        told.add(str(text.happened))
    assert len(told) == 3
