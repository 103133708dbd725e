"""One frozen, typed object from the environment; every error is reported at once, secrets come from files."""

from __future__ import annotations

import json
from base64 import b64decode
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from portal.lifetimes import Lifetimes

if TYPE_CHECKING:
    from collections.abc import Mapping

Zone = Literal["helsenett", "internett"]
Transport = Literal["simulator", "edi20"]

# RFC 7518 §6.2.2 and §6.3.2: without these a key cannot sign.
_PRIVATE_MEMBERS = {"EC": {"crv", "x", "y", "d"}, "RSA": {"n", "e", "d"}}


def _listed(value: Any) -> Any:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _listeners(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    named = [part.partition("=") for part in _listed(value)]
    if not all(address for _, _, address in named) or len({zone for zone, _, _ in named}) < len(named):
        raise ValueError("must be zone=address, each zone once")
    return {zone: address for zone, _, address in named}


def _object(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def _decoded(value: Any) -> Any:
    return b64decode(value, validate=True) if isinstance(value, str) else value


def _can_sign(key: dict[str, str]) -> dict[str, str]:
    if key.get("kty") not in _PRIVATE_MEMBERS:
        raise ValueError("must be a private JWK whose kty is EC or RSA")
    missing = {"kid", "alg", *_PRIVATE_MEMBERS[key["kty"]]} - {name for name, value in key.items() if value}
    _refuse_if([f"lacks {', '.join(sorted(missing))}"] if missing else [])
    return key


def _refuse_if(faults: list[str]) -> None:
    if faults:
        raise ValueError("; ".join(faults))


Listed = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Key256 = Annotated[bytes, BeforeValidator(_decoded), Field(min_length=32, max_length=32)]
PrivateKey = Annotated[dict[str, str], BeforeValidator(_object), AfterValidator(_can_sign), Field(repr=False)]
PrivateKeys = Annotated[
    tuple[Annotated[dict[str, str], AfterValidator(_can_sign)], ...],
    BeforeValidator(_object),
    Field(min_length=1, repr=False),
]
Secrets = Annotated[dict[str, str], BeforeValidator(_object), Field(repr=False)]
HerId = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,8}$")]
_DAY, _TIME = "(mon|tue|wed|thu|fri|sat|sun)", "([01][0-9]|2[0-3]):[0-5][0-9]"
_SPAN = f"{_DAY}(-{_DAY})? {_TIME}-({_TIME}|24:00)"
Hours = Annotated[str, Field(pattern=f"^({_SPAN}(, {_SPAN})*)?$")]


class SettingsError(Exception):
    """The environment does not describe a portal that can run; the text lists every fault."""


class Settings(BaseModel):
    """What an operator decides; each field is `PORTAL_<NAME>`, or `PORTAL_<NAME>_FILE` with a path to its value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    environment: Literal["production", "test", "sandbox", "demo"] = "production"
    base_url: str
    listen: Annotated[dict[Zone, str], BeforeValidator(_listeners), Field(min_length=1)]
    database_url: str
    state_dir: Path
    xsd_dir: Path | None = None
    contact: Annotated[str, Field(pattern=r"^(https://|mailto:|tel:)[^\s<>\"]+$")] | None = None
    egress_allow: Listed = ()
    transports: tuple[Transport, ...] = ()
    edi20_version: Literal["3", "2"] = "3"
    edi20_audience: str = "nhn:msh"
    edi20_scope: str = "nhn:msh/api"
    stopped_her_ids: Annotated[tuple[HerId, ...], BeforeValidator(_listed)] = ()

    helseid_issuer: str
    helseid_client_id: str
    helseid_client_key: PrivateKey
    helseid_min_security_level: Annotated[int, Field(ge=2, le=4)] = 4
    helseid_acr_values: str = "Level4"
    helseid_userinfo_scheme: Literal["Bearer", "DPoP"] = "Bearer"
    helseid_key_api: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+/[^\s?#]+$")] | None = None
    helseid_user_apis: Annotated[dict[str, str], BeforeValidator(_object)] = Field(default_factory=dict)
    address_register: Annotated[str, Field(pattern=r"^https?://[^\s/?#@]+/[^\s?#]*[^\s?#/]$")] | None = None
    address_register_audience: str = "nhn:cp-api"
    address_register_scope: str = "nhn:cp-api/access-v2-dpop"
    api_audience: str = "inngangsportalen"
    api_scope: str = "inngangsportalen/context"

    signing_keys: PrivateKeys
    smart_secrets: Secrets = Field(default_factory=dict)
    data_keys: Annotated[dict[str, Key256], BeforeValidator(_object), Field(min_length=1, repr=False)]
    index_key: Annotated[Key256, Field(repr=False)]
    audit_key: Annotated[Key256, Field(repr=False)]

    sender_name: Annotated[str, Field(pattern=r"^\S[^\r\n]{0,99}$")] = "Inngangsportalen"
    sender_organisation_number: Annotated[str, Field(pattern=r"^[0-9]{9}$")]
    sender_parent_her_id: HerId
    sender_her_id: HerId
    sender_phone: Annotated[str, Field(pattern=r"^\+?[0-9]{5,15}$")]

    opening_hours: Annotated[dict[str, Hours], BeforeValidator(_object)] = Field(default_factory=dict)

    lifetimes: Lifetimes = Lifetimes()

    @property
    def production(self) -> bool:
        """Whether real people stand behind the numbers."""
        return self.environment == "production"

    @property
    def watches_epjs(self) -> bool:
        """Whether vendors see here what their EPJ did right and wrong; never where patients are real."""
        return self.environment in {"sandbox", "demo"}

    @property
    def takes_secrets(self) -> bool:
        """Whether targets may prove themselves by a secret, or not at all; never where patients are real."""
        return self.environment in {"sandbox", "demo"}

    def signing_key(self, *algorithms: str) -> dict[str, str]:
        """The first of our private JWKs with one of these `alg`: ES256, RS256, or ES384 and RS384 together."""
        return next(key for key in self.signing_keys if key["alg"] in algorithms)

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

    @field_validator("base_url")
    @classmethod
    def _is_an_origin(cls, value: str, info: ValidationInfo) -> str:
        parts, faults = urlsplit(value), []
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path or parts.query or parts.fragment:
            faults.append("must be scheme and host, without a path")
        if info.data.get("environment") == "production" and parts.scheme != "https":
            faults.append("must be https in production")
        _refuse_if(faults)
        return value

    @field_validator("helseid_issuer", "helseid_key_api", "address_register")
    @classmethod
    def _is_safe(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value and info.data.get("environment") == "production" and not value.startswith("https://"):
            raise ValueError("must be https in production")
        return value

    @field_validator("sender_her_id")
    @classmethod
    def _is_a_service(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("sender_parent_her_id"):
            raise ValueError("must be the service's HER-id, below PORTAL_SENDER_PARENT_HER_ID")
        return value

    @field_validator("signing_keys")
    @classmethod
    def _serve_every_use(cls, keys: tuple[dict[str, str], ...]) -> tuple[dict[str, str], ...]:
        algorithms, kids = {key["alg"] for key in keys}, [key["kid"] for key in keys]
        faults = [] if "ES256" in algorithms else ["lacks a key for ES256, which signs the catalogue"]
        if not algorithms & {"ES384", "RS384"}:
            faults.append("lacks a key for ES384 or RS384, which the EPJs' SMART servers know us by")
        if "RS256" not in algorithms:
            faults.append("lacks a key for RS256, which signs people on at target portals")
        if len(set(kids)) < len(kids):
            faults.append("two keys share a kid")
        _refuse_if(faults)
        return keys

    @field_validator("transports", mode="before")
    @classmethod
    def _can_run(cls, value: Any, info: ValidationInfo) -> Any:
        names, faults = _listed(value), []
        if unknown := sorted(set(names) - set(get_args(Transport))):
            faults.append(f"there is no transport {', '.join(unknown)}")
        if set(names) - {"simulator"} and info.data.get("xsd_dir") is None:
            faults.append("names a real transport: DIALOGMELDING_XSD_DIR must hold the official schemas")
        if info.data.get("environment") == "production" and "simulator" in names:
            faults.append("the simulator is not for production")
        _refuse_if(faults)
        return names

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read PORTAL_* and DIALOGMELDING_XSD_DIR, where empty is unset.

        Raises SettingsError naming every variable that is wrong, and every file that cannot be read.
        """
        values, faults = _read(environ)
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            faults = _told(error) | faults
        if faults:
            raise SettingsError("\n".join(f"{variable}: {fault}" for variable, fault in faults.items()))
        return settings


_VARIABLES: dict[tuple[str, ...], str] = {
    **{(name,): f"PORTAL_{name.upper()}" for name in Settings.model_fields if name != "lifetimes"},
    **{("lifetimes", name): f"PORTAL_{name.upper()}_SECONDS" for name in Lifetimes.model_fields},
    ("xsd_dir",): "DIALOGMELDING_XSD_DIR",
}


def _read(environ: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """The values that are set, and by variable why one cannot be read."""
    values: dict[str, Any] = {"lifetimes": {}}
    faults = {}
    for (*above, name), variable in _VARIABLES.items():
        try:
            value = environ.get(variable) or _from_file(environ.get(f"{variable}_FILE"))
        except (OSError, ValueError) as error:
            # The text of a decoding error quotes the file.
            faults[variable] = f"cannot read the file of {variable}_FILE ({type(error).__name__})"
            continue
        if value:
            (values["lifetimes"] if above else values)[name] = value
    return values, faults


def _from_file(path: str | None) -> str:
    return Path(path).read_text(encoding="utf-8").strip() if path else ""


def _told(error: ValidationError) -> dict[str, str]:
    """By variable, the first that is wrong with it; the text never quotes a secret."""
    faults: dict[str, str] = {}
    for fault in error.errors(include_input=False, include_url=False):
        where = tuple(str(part) for part in fault["loc"])
        variable = _VARIABLES[where[:2] if where[0] == "lifetimes" else where[:1]]
        faults.setdefault(variable, fault["msg"].removeprefix("Value error, "))
    return faults
