from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import requests
from support.helseid import ANNA
from support.raw_client import registration

from portal.demo.helseid.app import create_app
from portal.demo.helseid.server import listen
from portal.demo.ports import free_port

if TYPE_CHECKING:
    from pathlib import Path

    from portal.demo.helseid.provider import Provider


def test_answers_on_loopback_only(provider: Provider) -> None:
    with pytest.raises(ValueError, match="loopback"):
        listen(create_app(provider), "0.0.0.0", 0)  # noqa: S104  the address that must be refused


def test_the_program_starts_and_logs_no_query(tmp_path: Path) -> None:
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    config = {
        "issuer": issuer,
        "clients": [registration("epj").model_dump(mode="json")],
        "people": [ANNA.model_dump(mode="json")],
    }
    file = tmp_path / "helseid.json"
    file.write_text(json.dumps(config))
    command = [sys.executable, "-m", "portal.demo.helseid", "--port", str(port), "--config", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == f"HelseID stand-in ready: {issuer}\n"
        metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=5).json()
        requests.get(metadata["authorization_endpoint"], params={"request_uri": "secret"}, timeout=5)
        process.terminate()
        _, log = process.communicate(timeout=5)
    assert metadata["issuer"] == issuer
    assert re.search(r"GET /connect/authorize 400", log)
    assert "secret" not in log
