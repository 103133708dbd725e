from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import pytest
from support.helseid import ANNA, running
from support.raw_client import BACK, registration
from support.source import ROOT

from portal.domain import identity

if TYPE_CHECKING:
    from collections.abc import Iterator

CLIENT = registration("portal")


class Issuer(NamedTuple):
    """An OpenID provider at which ANNA can log in."""

    address: str
    userinfo_scheme: Literal["Bearer", "DPoP"]


@pytest.fixture(scope="session", params=["stand-in", "oidc-provider"])
def issuer(request: pytest.FixtureRequest) -> Iterator[Issuer]:
    """Run a test once against our stand-in and once against somebody else's certified provider."""
    with _stand_in() if request.param == "stand-in" else _oidc_provider() as issuer:
        yield issuer


@contextmanager
def _stand_in() -> Iterator[Issuer]:
    with running(CLIENT) as provider:
        yield Issuer(provider.issuer, "Bearer")


@contextmanager
def _oidc_provider() -> Iterator[Issuer]:
    if not (ROOT / "node_modules" / "oidc-provider").is_dir():
        pytest.skip("oidc-provider is not installed: run make interop")
    node = shutil.which("node") or str(Path(sys.prefix) / "bin" / "node")
    command = [node, str(Path(__file__).with_name("oidc-provider.mjs"))]
    environment = os.environ | {"OIDC_PROVIDER_CONFIG": json.dumps(_described())}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Issuer(_ready(process), "DPoP")
        finally:
            process.terminate()


def _ready(process: subprocess.Popen[str]) -> str:
    for line in process.stdout or ():
        if line.startswith("ready "):
            return line.split()[1]
    pytest.fail("oidc-provider did not start")


def _described() -> dict[str, Any]:
    approvals = [approval.model_dump(mode="json") for approval in ANNA.approvals]
    return {
        "client_id": CLIENT.client_id,
        "jwks": CLIENT.jwks.model_dump(),
        "redirect_uri": BACK,
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
