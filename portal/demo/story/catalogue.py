"""What the catalogue files say that a doctor's list should hold, read off without asking the portal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portal.adapters import catalogue_file
from portal.demo.stage import CATALOGUE, OVERLAY, ROOT

if TYPE_CHECKING:
    from portal.demo.browser import Page
    from portal.demo.stage import Stage
    from portal.domain.access_rules import Access

PROFESSION = "LE"


def for_a_doctor(stage: Stage) -> set[str]:
    """Titles of every service that asks for no role, and for no profession but hers."""
    files = (ROOT / CATALOGUE, stage.private / OVERLAY)
    services = [service for path in files for service in catalogue_file.read(path).services]
    return {service.title.nb for service in services if not _is_closed(service.access)}


def demo_services(stage: Stage) -> dict[str, str]:
    """Titles of the demonstration's own services, by id."""
    return {service.id: service.title.nb for service in catalogue_file.read(stage.private / OVERLAY).services}


def listed(page: Page) -> set[str]:
    """Titles of the services on a page."""
    return {" ".join(title.text_content().split()) for title in page.tree.iterfind(".//article//h3")}


def _is_closed(access: Access) -> bool:
    """Whether each of the alternatives asks for what she has not, and the service does not want to be seen anyway."""
    wanting = [rule.roles or PROFESSION not in (rule.professions or (PROFESSION,)) for rule in access.rules]
    return access.on_deny != "show_info" and bool(wanting) and all(wanting)
