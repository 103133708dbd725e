"""Whose a HER-id is, and whether a journal may have its messages sent there (NHN's address register)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import AliasChoices, AliasPath, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from portal.domain import norwegian_time
from portal.domain.context import ReplyTo
from portal.domain.text import HerId
from portal.errors import ContextRejected

if TYPE_CHECKING:
    from portal.domain.identity import Organisation

_TAKES_MESSAGES = {"Service", "Person"}


def _digits(value: Any) -> Any:
    # The register writes most numbers as numbers, and one that is not set as -1 or 0.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value) if value > 0 else None
    return value


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        message = "a moment is text"
        raise ValueError(message)  # noqa: TRY004  pydantic collects ValueErrors
    return norwegian_time.read(value)


def _at(*places: str) -> AliasChoices:
    return AliasChoices(*(AliasPath(*place.split(".")) for place in places))


_Number = BeforeValidator(_digits)
_Moment = Annotated[datetime, BeforeValidator(_moment)]


class Party(BaseModel):
    """A communication party: a service or a person below an organisation, or an organisation itself.

    Read from either of NHN's answers, each field at its first place that is there: /CommunicationParties/{herId} as
    in Helsenorge.Messaging's test files, /api/v1/communicationparty/{herId} as its OpenAPI says, which has no `active`.
    Of persons in it nothing is kept. Raises pydantic's ValidationError, whose text quotes the answer.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    her_id: Annotated[HerId, _Number] = Field(validation_alias="herId")
    kind: str = Field(validation_alias="type")
    parent_her_id: Annotated[HerId | None, _Number] = Field(
        default=None,
        validation_alias=_at(
            "communicationParty.ParentHerId",
            "serviceDetails.parentOrganization.herId",
            "personDetails.parentOrganization.herId",
        ),
    )
    parent_organisation_number: Annotated[str | None, _Number] = Field(
        default=None,
        validation_alias=_at(
            "communicationParty.ParentOrganizationNumber",
            "serviceDetails.parentOrganization.organizationNumber",
            "personDetails.parentOrganization.organizationNumber",
        ),
    )
    active: bool = Field(default=True, validation_alias=_at("communicationParty.Active"))
    valid_from: _Moment | None = Field(default=None, validation_alias=_at("communicationParty.Valid.From", "validFrom"))
    valid_to: _Moment | None = Field(default=None, validation_alias=_at("communicationParty.Valid.To", "validTo"))

    @model_validator(mode="after")
    def _has_a_parent(self) -> Self:
        if self.takes_messages and self.parent_her_id is None:
            message = "a service or a person without an organisation"
            raise ValueError(message)
        return self

    @property
    def takes_messages(self) -> bool:
        """What NHN calls `IsValidCommunicationParty`: a service or a person."""
        return self.kind in _TAKES_MESSAGES

    def is_active(self, now: datetime) -> bool:
        """Whether it is in use; `valid_to` is its end, not its last moment."""
        begun = self.valid_from is None or self.valid_from <= now
        return self.active and begun and (self.valid_to is None or now < self.valid_to)


def checked_reply_to(
    party: Party | None, her_id: str, parent_her_id: str | None, organisation: Organisation, now: datetime
) -> ReplyTo:
    """Return where the journal of `organisation` takes messages; DESIGN "Contract", `reply_to`.

    `party` is what the register has of `her_id`, None when it has nothing; `parent_her_id` is what the journal says of
    it, None when it says nothing. Raises ContextRejected reply_to_unknown, reply_to_inactive, reply_to_elsewhere.
    """
    if party is None or party.her_id != her_id:
        raise ContextRejected("reply_to_unknown", "her_id")
    if not party.takes_messages or party.parent_her_id is None:
        raise ContextRejected("reply_to_unknown", "her_id: an organisation's; a service's or a person's is needed")
    if not party.is_active(now):
        raise ContextRejected("reply_to_inactive", "her_id")
    if party.parent_organisation_number != organisation.parent:
        raise ContextRejected("reply_to_elsewhere", "her_id: below another organisation than the token's")
    if parent_her_id not in {None, party.parent_her_id}:
        raise ContextRejected("reply_to_elsewhere", "parent_her_id")
    return ReplyTo(her_id, party.parent_her_id, party.kind)
