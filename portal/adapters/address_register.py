"""NHN's address register, remembered, so that patients are opened while it does not answer."""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from pydantic import ValidationError

from portal.adapters.bounded import within
from portal.adapters.proven import accepted
from portal.domain.address import Party
from portal.errors import Unavailable, UpstreamError

if TYPE_CHECKING:
    from collections.abc import Callable

    from portal.adapters.proven import ProvenClient

LOOKUP = 3.0
"""Seconds that a lookup may take: somebody waits for a patient to be opened."""

_HER_ID = re.compile(r"[1-9][0-9]{0,8}")
_FOUND, _UNKNOWN = timedelta(hours=1), timedelta(minutes=1)
_LONGEST = timedelta(hours=24)
_PAUSE = timedelta(seconds=10)
_log = logging.getLogger(__name__)


class _Kept(NamedTuple):
    party: Party | None
    at: datetime


class AddressRegister:
    """Looks up parties at `url`/<HER-id>, and remembers the latest `most`; thread-safe.

    `access_token` gets the thumbprint of a key of `client`, and returns a DPoP token for the register that is bound to
    that key and good for some seconds yet; it may raise UpstreamError and Unavailable, and waits for nobody once
    `bounded.left()` is 0.
    """

    def __init__(
        self,
        url: str,
        client: ProvenClient,
        access_token: Callable[[str], str],
        now: Callable[[], datetime],
        most: int = 10_000,
    ) -> None:
        self._url = url
        self._client = client
        self._access_token = access_token
        self._now = now
        self._most = most
        self._lock = Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._resting_until: datetime | None = None

    def party(self, her_id: str, *, fresh: bool = False) -> Party | None:
        """Return what the register has, at most an hour old, or None where it has nothing, at most a minute old.

        With `fresh` it is asked whatever we remember: somebody says that it is so no more.

        While it does not answer, what it last had stands for a day, and it is asked every ten seconds at most. Raises
        UpstreamError when there is nothing to remember, or `fresh` is wanted.
        """
        if not _HER_ID.fullmatch(her_id):
            return None
        now = self._now()
        with self._lock:
            kept = self._kept.get(her_id)
        if kept and not fresh and now - kept.at < (_FOUND if kept.party else _UNKNOWN):
            return kept.party
        try:
            return self._keep(her_id, _Kept(self._fetched(her_id, now), now))
        except UpstreamError:
            if fresh or kept is None or kept.party is None or now - kept.at >= _LONGEST:
                raise
            return kept.party

    def _keep(self, her_id: str, kept: _Kept) -> Party | None:
        with self._lock:
            self._kept[her_id] = kept
            self._kept.move_to_end(her_id)
            if len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return kept.party

    def _fetched(self, her_id: str, now: datetime) -> Party | None:
        if self._resting_until and now < self._resting_until:
            raise UpstreamError("upstream_unreachable", "address register: it did not answer just now")
        try:
            return self._fetch(her_id)
        except UpstreamError as error:
            _log.warning("the address register was no help: %s", error)
            # What is wrong with one answer says nothing of the next.
            if error.retryable and error.code != "upstream_malformed":
                self._resting_until = self._now() + _PAUSE
            raise

    def _fetch(self, her_id: str) -> Party | None:
        with within(LOOKUP):
            jkt = self._client.jkt
            answer = self._client.get_bound(f"{self._url}/{her_id}", self._token(jkt), jkt)
        if answer.status == 404:  # noqa: PLR2004  RFC 9110's number is its name
            return None
        try:
            return Party.model_validate(accepted(answer, "address register"))
        except ValidationError:
            # Its text quotes the answer.
            raise UpstreamError("upstream_malformed", "address register") from None

    def _token(self, jkt: str) -> str:
        try:
            return self._access_token(jkt)
        except Unavailable as error:
            raise UpstreamError("upstream_unreachable", f"address register: {error}") from error
