"""Text of the catalogue, which may be in another language than the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from portal.domain.translated import Translated


class Phrase(str):
    """Text from the catalogue; `lang` is set when it is in another language than the page (WCAG 2.1, 3.1.2)."""

    __slots__ = ("lang",)
    lang: str | None

    def __new__(cls, text: Translated, language: str) -> Self:
        """Say `text` in `language`, or in bokmål where it has not been translated."""
        return cls.of(text.in_language(language), text.language(language), language)

    @classmethod
    def of(cls, text: str, spoken: str, language: str) -> Self:
        """Say `text`, which is in the language `spoken`, on a page in `language`."""
        phrase = super().__new__(cls, text)
        phrase.lang = None if spoken == language else spoken
        return phrase
