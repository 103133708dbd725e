"""Text for people: bokmål always, nynorsk and English where someone has written them."""

from __future__ import annotations

from typing import Literal

from portal.domain.bodies import Body
from portal.domain.text import Line

Language = Literal["nb", "nn", "en"]


class Translated(Body):
    """One line of at most 200 characters a language; a language that is missing falls back to bokmål."""

    nb: Line
    nn: Line | None = None
    en: Line | None = None

    def in_language(self, lang: str) -> str:
        """The text in `lang` (nb, nn, en), else in bokmål."""
        return {"nn": self.nn, "en": self.en}.get(lang) or self.nb

    def language(self, wanted: str) -> Language:
        """The language that `in_language` answers in, for the `lang` attribute (WCAG 2.1, 3.1.2)."""
        if wanted == "nn" and self.nn:
            return "nn"
        return "en" if wanted == "en" and self.en else "nb"


class InEveryLanguage(Translated):
    """As Translated, with nothing left out: what everybody must understand."""

    nn: Line
    en: Line


class Keywords(Body):
    """What people type when they look for a service; a search reads every language."""

    nb: tuple[Line, ...] = ()
    nn: tuple[Line, ...] = ()
    en: tuple[Line, ...] = ()

    @property
    def every(self) -> tuple[str, ...]:
        """All of them."""
        return self.nb + self.nn + self.en
