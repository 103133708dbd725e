"""Which transports the settings turn on, and for whom they are off."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support.keys import ec
from support.notes import NOTE
from support.staging import settings_for
from support.transports import simulator

from portal.adapters.client_keys import one_key
from portal.adapters.helseid import helseid_client
from portal.adapters.http import Egress
from portal.adapters.transport.contract import Parcel
from portal.adapters.transport.edi20 import Edi20
from portal.adapters.transport.edi20_v2 import Edi20V2
from portal.adapters.transport.message_service import MessageService
from portal.adapters.transport.stopped import Stopped
from portal.adapters.transport.ways import transports
from portal.domain import dialogmelding
from portal.errors import UpstreamError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from portal.adapters.transport.contract import Transport


def made(folder: Path, **changes: Any) -> Mapping[str, Transport]:
    settings = settings_for("https://portal.test", "https://helseid.test", "sqlite://", folder, changes)

    def service() -> MessageService:
        assert "edi20" in settings.transports
        helseid = helseid_client(settings, one_key(ec("portal").private))
        return MessageService(helseid.client, lambda jkt: jkt, settings.sender_her_id, lambda: NOTE.generated_at)

    return transports(settings, Egress(()), service)


def test_only_what_is_named_is_made(tmp_path: Path) -> None:
    assert made(tmp_path, transports=()) == {}
    assert made(tmp_path).keys() == {"simulator"}
    assert made(tmp_path, transports=("edi20", "simulator")).keys() == {"simulator", "edi20"}


@pytest.mark.parametrize(("version", "kind"), [("3", Edi20), ("2", Edi20V2)])
def test_the_message_service_speaks_the_version_of_the_settings(tmp_path: Path, version: str, kind: type) -> None:
    transport = made(tmp_path, transports=("edi20",), edi20_version=version)["edi20"]
    assert isinstance(transport, Stopped)
    assert isinstance(transport.transport, kind)


def test_a_stopped_receiver_waits_and_what_was_sent_to_it_is_still_heard_of() -> None:
    with simulator() as end:
        here = Parcel(end.address, NOTE, dialogmelding.build(NOTE))
        sent = end.transport.send(here)
        end.reply("1")
        stopping = Stopped(end.transport, {NOTE.reply_to.her_id})
        with pytest.raises(UpstreamError) as stopped:
            stopping.send(here)
        assert (stopped.value.detail, stopped.value.retryable) == ("stopped by the operator", True)
        assert stopping.find(here) == sent
        assert len(stopping.news(end.address, "")[0]) == 1
        elsewhere = replace(NOTE, reply_to=replace(NOTE.reply_to, her_id="99000104"))
        assert stopping.send(Parcel(end.address, elsewhere, dialogmelding.build(elsewhere)))
