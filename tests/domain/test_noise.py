from __future__ import annotations

import pytest

from portal.domain.noise import Load, advice

AT_THE_LIMIT = Load(text=500, pages=10, pdf=2 * 1024 * 1024, documents=5)


def test_at_the_limits_nothing_is_said() -> None:
    assert advice(AT_THE_LIMIT) == []


@pytest.mark.parametrize(
    ("name", "code"),
    [("text", "text_long"), ("pages", "pages_many"), ("pdf", "pdf_large"), ("documents", "many_documents")],
)
def test_one_more_is_told(name: str, code: str) -> None:
    assert advice(AT_THE_LIMIT._replace(**{name: getattr(AT_THE_LIMIT, name) + 1})) == [code]
