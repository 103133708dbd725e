"""What fills a journal with more than a clinician reads: its sender is told, and nothing is refused for it."""

from __future__ import annotations

from typing import NamedTuple

_TEXT, _PAGES, _PDF, _DOCUMENTS = 500, 10, 2 * 1024 * 1024, 5


class Load(NamedTuple):
    """What one document adds: characters of text in the journal, pages and bytes of PDF, documents of its launch."""

    text: int
    pages: int
    pdf: int
    documents: int


def advice(load: Load) -> list[str]:
    """A code for each limit that a document is over."""
    over = {
        "text_long": load.text > _TEXT,
        "pages_many": load.pages > _PAGES,
        "pdf_large": load.pdf > _PDF,
        "many_documents": load.documents > _DOCUMENTS,
    }
    return [code for code, is_over in over.items() if is_over]
