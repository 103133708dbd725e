"""The stand-ins' configuration files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from portal.adapters import self_service
from portal.demo import people
from portal.demo.epj.config import EpjConfig
from portal.demo.helseid import address_register
from portal.demo.keys import public
from portal.demo.launch_client import Registration
from portal.demo.target.config import TargetConfig

if TYPE_CHECKING:
    from pathlib import Path

    from portal.demo.keys import Keys
    from portal.demo.ports import Addresses

AUDIENCE = "inngangsportalen"
SCOPE = f"{AUDIENCE}/context"
PORTAL_CLIENT, EPJ_CLIENT, TARGET_CLIENT = "inngangsportalen", "eksempel-epj", "demomelding"
TARGET_AT_PORTAL = "demo-melding"
PORTAL_AT_EPJ = "inngangsportalen-smart"


def write(folder: Path, addresses: Addresses, keys: Keys, left: Path) -> None:
    """Write `helseid.json`, `epj.json` and `target.json`; the EPJ keeps what it receives in `left`."""
    (folder / "helseid.json").write_text(json.dumps(_helseid(addresses, keys)), encoding="utf-8")
    (folder / "epj.json").write_text(_epj(addresses, keys, left).model_dump_json(), encoding="utf-8")
    (folder / "target.json").write_text(_target(addresses, keys).model_dump_json(), encoding="utf-8")


def target_registration(addresses: Addresses, keys: Keys) -> Registration:
    """What the target knows of its registration at the portal."""
    return Registration(
        client_id=TARGET_AT_PORTAL,
        key=keys.target_at_portal,
        redirect_uri=f"{addresses.target}/launch/callback",
    )


def _helseid(addresses: Addresses, keys: Keys) -> dict[str, Any]:
    epj = _helseid_client(EPJ_CLIENT, "EksempelEPJ", keys.epj, addresses.epj)
    epj |= {"apis": {AUDIENCE: [SCOPE]}, "offline_access": True, "organisation": people.OFFICE}
    portal = _helseid_client(PORTAL_CLIENT, "Inngangsportalen", keys.portal, addresses.portal)
    portal |= {
        "apis": {
            "nhn:selvbetjening": [self_service.SCOPE],
            address_register.AUDIENCE: [address_register.SCOPE],
        },
        "post_logout_redirect_uris": [f"{addresses.portal}/logout"],
        "backchannel_logout_uri": f"{addresses.portal}/logout/backchannel",
        "frontchannel_logout_uri": f"{addresses.portal}/logout/frontchannel",
    }
    target = _helseid_client(TARGET_CLIENT, "Demomelding", keys.target, addresses.target)
    known = {"people": list(people.PEOPLE), "parties": list(people.PARTIES)}
    return {"issuer": addresses.helseid, "clients": [portal, epj, target], **known}


def _helseid_client(client_id: str, name: str, key: dict[str, str], base_url: str) -> dict[str, Any]:
    return {
        "client_id": client_id,
        "client_name": name,
        "jwks": {"keys": [public(key)]},
        "redirect_uris": [f"{base_url}/login/callback"],
    }


def _epj(addresses: Addresses, keys: Keys, left: Path) -> EpjConfig:
    return EpjConfig(
        base_url=addresses.epj,
        portal=addresses.portal,
        helseid=addresses.helseid,
        client_id=EPJ_CLIENT,
        key=keys.epj,
        name=people.OFFICE_NAME,
        organisation_number=people.OFFICE["child"],
        parent_organisation_number=people.OFFICE["parent"],
        her_id=people.OFFICE_HER_ID,
        parent_her_id=people.OFFICE_PARENT_HER_ID,
        audience=AUDIENCE,
        scope=SCOPE,
        smart_client_id=PORTAL_AT_EPJ,
        patients=people.PATIENTS,
        folder=left,
    )


def _target(addresses: Addresses, keys: Keys) -> TargetConfig:
    return TargetConfig(
        base_url=addresses.target,
        portal=addresses.portal,
        helseid=addresses.helseid,
        client_id=TARGET_CLIENT,
        key=keys.target,
        registration=target_registration(addresses, keys),
    )
