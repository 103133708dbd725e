"""Text that every journal can show: Latin-1, as EPJs choke on the rest (navikt/isdialogmelding IS-3312, IS-3398)."""

from __future__ import annotations

import re
import unicodedata

_SPACES = "\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
_INVISIBLE = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
_TYPOGRAPHY = {
    **dict.fromkeys("‐‑‒–—―−⁃•‣◦▪●", "-"),
    **dict.fromkeys("“”„‟″", '"'),
    **dict.fromkeys("‘’‚‛′", "'"),
    **dict.fromkeys(_SPACES, " "),
    **dict.fromkeys(_INVISIBLE, ""),
    **dict.fromkeys("\u2028\u2029", "\n"),
    **dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True)),
}
# What stands for a word or a comparison must not vanish: 5 μg may never become 5 g.
_SIGNS = {
    "μ": "µ",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    "→": "->",
    "←": "<-",
    "↑": "(opp)",
    "↓": "(ned)",
    "☐": "[ ]",
    **dict.fromkeys("☑✓✔", "[x]"),
    **dict.fromkeys("⁄∕", "/"),
    "…": "...",
    "⅓": " 1/3",
    "⅔": " 2/3",
    "€": "EUR",
    "‰": "promille",
    "α": "alfa",
    "β": "beta",
    "γ": "gamma",
    "δ": "delta",
    "Δ": "delta",
    "Ω": "ohm",
}
# Letters without an accent to take off, Sámi ones first.
_LETTERS = dict(zip("đĐŋŊŧŦłŁı", "dDnNtTlLi", strict=True)) | {"œ": "oe", "Œ": "OE", "ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl"}
_TABLE = str.maketrans(_TYPOGRAPHY | _SIGNS | _LETTERS)
_POWER = re.compile("[¹²³]*[⁰⁴⁵⁶⁷⁸⁹⁺⁻][⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻]*")
_POWERS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_LATIN_1 = re.compile(r"[\t\n\u0020-\u007e\u00a0-\u00ff]")


def journal_text(text: str) -> tuple[str, int]:
    """Return the text in Latin-1 without control characters, and how many characters had to be left out.

    Typography is replaced, accents that Latin-1 lacks are taken off their letter, line ends become LF. What changes a
    dose or a comparison is spelled out (10⁹ is 10^9, ≠ is !=).
    """
    lines = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    powers = _POWER.sub(lambda run: "^" + run[0].translate(_POWERS), lines)
    kept = [_in_latin_1(character) for character in powers.translate(_TABLE)]
    return "".join(kept), kept.count("")


def _in_latin_1(character: str) -> str:
    if _LATIN_1.fullmatch(character):
        return character
    # Letters only: a symbol without its stroke means something else.
    base = unicodedata.normalize("NFD", character)[0] if character.isalpha() else ""
    return base if _LATIN_1.fullmatch(base) else ""
