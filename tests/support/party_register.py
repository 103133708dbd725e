"""NHN's address register as a test wants it to be: where Anna's office belongs, and whether it answers."""

from __future__ import annotations

from support.loopback import Asked, Says


class Register:
    """Every HER-id is a service of Anna's organisation, below the HER-id `parent`."""

    parent = 99000101
    is_up = True

    def answer(self, asked: Asked) -> Says:
        her_id = int(asked.path.rpartition("/")[2])
        party = {"ParentHerId": self.parent, "ParentOrganizationNumber": 999977774, "Active": True}
        said = {"herId": her_id, "type": "Service", "communicationParty": party}
        return Says(said) if self.is_up else Says({}, 503)
