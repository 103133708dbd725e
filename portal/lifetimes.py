"""How long things live; a leaf of the settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


def _seconds(value: Any) -> Any:
    return float(value) if isinstance(value, str) else value


Life = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0))]


class Lifetimes(BaseModel):
    """How long things live; each is `PORTAL_<NAME>_SECONDS` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_code: Life = timedelta(seconds=60)
    pending: Life = timedelta(minutes=10)
    context: Life = timedelta(minutes=30)
    context_limit: Life = timedelta(hours=8)
    smart_context: Life = timedelta(hours=2)
    login: Life = timedelta(minutes=10)
    launch: Life = timedelta(seconds=60)
    launch_context: Life = timedelta(minutes=5)
    parked: Life = timedelta(minutes=10)
    request_uri: Life = timedelta(seconds=90)
    code: Life = timedelta(seconds=60)
    access_token: Life = timedelta(minutes=5)
    writeback: Life = timedelta(hours=24)
    session_idle: Life = timedelta(minutes=30)
    session: Life = timedelta(hours=10)
    payload: Life = timedelta(days=30)
    waiting_payload: Life = timedelta(days=90)
    dpop_window: Life = timedelta(seconds=10)
    recent_use: Life = timedelta(days=90)
    office_seen: Life = timedelta(days=90)
    choices: Life = timedelta(days=730)
    notice: Life = timedelta(days=90)
    person_known: Life = timedelta(days=30)
