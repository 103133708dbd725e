"""One thing at a time, and nothing that fails takes the others with it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from portal.adapters.log_lines import place_of
from portal.errors import PortalError

if TYPE_CHECKING:
    from collections.abc import Callable

    P = ParamSpec("P")
    R = TypeVar("R")

log = logging.getLogger(__name__)


def carefully(work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R | None:
    """Do it; None when it failed, which is then in the log by code, or by type and place, never by text."""
    try:
        return work(*args, **kwargs)
    except PortalError as error:
        log.warning("put off", extra={"work": work.__name__, "code": error.code})
    except Exception as error:  # noqa: BLE001  whatever it is, the next message must not wait for it
        log.error("failed", extra={"work": work.__name__, "error": type(error).__name__, "place": place_of(error)})  # noqa: TRY400  a traceback may quote anything
    return None
