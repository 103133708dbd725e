"""What an office wants of a service's reports: in the journal always, never, or after a word from their clinician."""

from __future__ import annotations

from enum import StrEnum


class Choice(StrEnum):
    """ALWAYS until an office has chosen otherwise; with NEVER the service gets no right to write back."""

    ALWAYS = "always"
    ASK = "ask"
    NEVER = "never"

    @property
    def waits(self) -> bool:
        """Whether a report waits for its clinician; so does one that comes although the office said never since."""
        return self is not Choice.ALWAYS
