"""One frozen, typed object from the environment; every error is reported at once, secrets come from files."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, Json, ValidationError, model_validator

if TYPE_CHECKING:
    from collections.abc import Mapping

Zone = Literal["helsenett", "internett"]


def _listed(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _listeners(value: Any) -> Any:
    return dict(part.split("=", 1) for part in _listed(value)) if isinstance(value, str) else value


def _decoded(value: Any) -> Any:
    return b64decode(value, validate=True) if isinstance(value, str) else value


def _seconds(value: Any) -> Any:
    return timedelta(seconds=float(value)) if isinstance(value, str) else value


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Key256 = Annotated[bytes, BeforeValidator(_decoded), Field(min_length=32, max_length=32, repr=False)]
Life = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta(0))]


class SettingsError(Exception):
    """The environment does not describe a portal that can run; the text lists every fault."""


class Lifetimes(BaseModel):
    """How long things live; each is `PORTAL_<NAME>_SECONDS` in the environment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    start_code: Life = timedelta(seconds=60)
    pending: Life = timedelta(minutes=10)
    context: Life = timedelta(minutes=30)
    context_limit: Life = timedelta(hours=8)
    login: Life = timedelta(minutes=10)
    launch: Life = timedelta(seconds=60)
    request_uri: Life = timedelta(seconds=90)
    code: Life = timedelta(seconds=60)
    access_token: Life = timedelta(minutes=5)
    writeback: Life = timedelta(hours=24)
    session_idle: Life = timedelta(minutes=30)
    session: Life = timedelta(hours=10)
    payload: Life = timedelta(days=30)
    waiting_payload: Life = timedelta(days=90)
    dpop_window: Life = timedelta(seconds=10)


class Settings(BaseModel):
    """What an operator decides; each field is `PORTAL_<NAME>`, or `PORTAL_<NAME>_FILE` with a path to its value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Literal["production", "test", "demo"] = "production"
    base_url: str
    listen: Annotated[dict[str, str], BeforeValidator(_listeners), Field(min_length=1)]
    database_url: str
    state_dir: Path
    xsd_dir: Path | None = None
    egress_allow: Listed = ()
    transports: Listed = ("simulator",)

    helseid_issuer: str
    helseid_client_id: str
    helseid_client_key: Annotated[Json[dict[str, str]], Field(repr=False)]
    helseid_min_security_level: Annotated[int, Field(ge=2, le=4)] = 4
    helseid_acr_values: str = "Level4"
    helseid_userinfo_scheme: Literal["Bearer", "DPoP"] = "Bearer"
    api_audience: str = "inngangsportalen"
    api_scope: str = "inngangsportalen/context"

    data_keys: Annotated[Json[dict[str, str]], Field(min_length=1, repr=False)]
    index_key: Key256
    audit_key: Key256

    sender_name: str = "Inngangsportalen"
    sender_organisation_number: Annotated[str, Field(pattern=r"^[0-9]{9}$")]
    sender_parent_her_id: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]
    sender_her_id: Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]
    sender_phone: Annotated[str, Field(pattern=r"^\+?[0-9]{5,15}$")]

    lifetimes: Lifetimes = Lifetimes()

    @property
    def production(self) -> bool:
        """Whether real people stand behind the numbers."""
        return self.environment == "production"

    @property
    def fhir_issuer(self) -> str:
        """The `iss` of our launches (SMART App Launch 2.2)."""
        return f"{self.base_url}/fhir"

    @property
    def host(self) -> str:
        """The one name that requests must be for."""
        return urlsplit(self.base_url).netloc

    @property
    def secure(self) -> bool:
        """Whether cookies may only travel over TLS."""
        return self.base_url.startswith("https://")

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        faults = list(_faults(self))
        if faults:
            raise ValueError("; ".join(faults))
        return self

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read PORTAL_* and DIALOGMELDING_XSD_DIR; raises SettingsError naming every variable that is wrong."""
        fields = cls.model_fields.keys() - {"lifetimes", "xsd_dir"}
        values: dict[str, Any] = _read(environ, {name: f"PORTAL_{name.upper()}" for name in fields})
        values |= _read(environ, {"xsd_dir": "DIALOGMELDING_XSD_DIR"})
        values["lifetimes"] = _read(environ, {n: f"PORTAL_{n.upper()}_SECONDS" for n in Lifetimes.model_fields})
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise SettingsError("\n".join(_said(fault) for fault in error.errors(include_input=False))) from None


def _faults(settings: Settings) -> list[str]:
    faults = []
    parts = urlsplit(settings.base_url)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query or parts.fragment:
        faults.append("PORTAL_BASE_URL must be scheme and host, without a path")
    if settings.production and parts.scheme != "https":
        faults.append("PORTAL_BASE_URL must be https in production")
    if set(settings.listen) - {"helsenett", "internett"}:
        faults.append("PORTAL_LISTEN names a zone other than helsenett and internett")
    if set(settings.transports) - {"simulator"} and settings.xsd_dir is None:
        faults.append("PORTAL_TRANSPORTS names a real transport: DIALOGMELDING_XSD_DIR must hold the official schemas")
    if settings.production and "simulator" in settings.transports:
        faults.append("PORTAL_TRANSPORTS: the simulator is not for production")
    return faults


def _read(environ: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    values = {}
    for name, variable in names.items():
        if variable in environ:
            values[name] = environ[variable]
        elif f"{variable}_FILE" in environ:
            values[name] = Path(environ[f"{variable}_FILE"]).read_text(encoding="utf-8").strip()
    return values


def _said(fault: Any) -> str:
    where = [str(part) for part in fault["loc"]]
    if not where:
        return str(fault["msg"]).removeprefix("Value error, ")
    name = f"{where[1]}_SECONDS" if where[0] == "lifetimes" else where[0]
    variable = "DIALOGMELDING_XSD_DIR" if name == "xsd_dir" else f"PORTAL_{name.upper()}"
    return f"{variable}: {fault['msg']}"
