"""The catalogue and its notices, as an operator keeps them from the command line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from support.source import ROOT

from portal.store.catalogue import load

if TYPE_CHECKING:
    from support.operator import Operator

    from portal.store.database import Database


def test_the_shipped_catalogue_holds_and_every_fault_of_another_is_named(on_sqlite: Operator) -> None:
    shipped = (ROOT / "link_catalog.yaml").read_text(encoding="utf-8")
    broken = on_sqlite.folder / "broken.yaml"
    broken.write_text(shipped.replace("schema_version: 1", "schema_version: 2\nsurprise: yes", 1), encoding="utf-8")
    ended = on_sqlite.run("catalog", "check", ROOT / "link_catalog.yaml", broken, status=1)
    assert ended.stdout.startswith(f"{ROOT / 'link_catalog.yaml'}: ")
    faults = ended.stderr.splitlines()
    assert len(faults) >= 2
    assert all(line.startswith(f"{broken}:") for line in faults)


def test_a_catalogue_is_put_in_force_on_the_revision_it_was_made_from(on_sqlite: Operator, sqlite: Database) -> None:
    importing = ("catalog", "import", ROOT / "link_catalog.yaml")
    template = (ROOT / "portal" / "demo" / "catalog.yaml").read_text(encoding="utf-8")
    overlay = on_sqlite.folder / "overlay.yaml"
    overlay.write_text(template.replace("{target}", "9"), encoding="utf-8")
    assert on_sqlite.run(*importing).stdout.startswith("revision 1: ")
    assert "the revision in force is 1" in on_sqlite.run(*importing, status=1).stderr
    assert on_sqlite.run(*importing, "--overlay", overlay, "--based-on", "1").stdout.startswith("revision 2: ")
    with sqlite.read() as session:
        ids = {service.id for service in load(session, 2).services}
    assert {"demo-melding", "msis-klinikermelding"} <= ids


def test_what_is_exported_is_what_was_imported_byte_for_byte(on_sqlite: Operator) -> None:
    on_sqlite.run("catalog", "import", ROOT / "link_catalog.yaml")
    exported = on_sqlite.run("catalog", "export")
    assert exported.stdout == (ROOT / "link_catalog.yaml").read_text(encoding="utf-8")
    assert exported.stderr == "revision 1\n"
    again = on_sqlite.folder / "again.yaml"
    again.write_text(exported.stdout, encoding="utf-8")
    on_sqlite.run("catalog", "import", again, "--based-on", "1")
    assert on_sqlite.run("catalog", "export").stdout == exported.stdout
    assert "no such revision" in on_sqlite.run("catalog", "export", "--revision", "9", status=1).stderr


def test_one_bad_row_applies_nothing(on_sqlite: Operator) -> None:
    on_sqlite.run("catalog", "import", ROOT / "link_catalog.yaml")
    good = on_sqlite.run("catalog", "export").stdout
    bad = on_sqlite.folder / "bad.yaml"
    bad.write_text(good.replace("category: kunnskap", "category: kunst", 1), encoding="utf-8")
    refused = on_sqlite.run("catalog", "import", bad, "--based-on", "1", status=1)
    assert re.fullmatch(rf"{re.escape(str(bad))}:\d+: services\.\d+\.category: .+\n", refused.stderr)
    exported = on_sqlite.run("catalog", "export")
    assert (exported.stdout, exported.stderr) == (good, "revision 1\n")


def test_a_diff_names_every_field_that_would_change(on_sqlite: Operator) -> None:
    shipped = ROOT / "link_catalog.yaml"
    assert "no such revision" in on_sqlite.run("catalog", "diff", shipped, status=1).stderr
    on_sqlite.run("catalog", "import", shipped)
    assert on_sqlite.run("catalog", "diff", shipped).stdout == ""
    changed = on_sqlite.folder / "changed.yaml"
    text = shipped.read_text(encoding="utf-8").replace("nb: MSIS-klinikermelding", "nb: Meld smitte", 1)
    changed.write_text(text, encoding="utf-8")
    told = "~ services.msis-klinikermelding.title.nb: MSIS-klinikermelding -> Meld smitte\n"
    assert on_sqlite.run("catalog", "diff", changed, status=1).stdout == told
    assert on_sqlite.run("catalog", "diff", changed, "--from", shipped, status=1).stdout == told


def test_an_owner_s_stop_is_told_of_and_ended_by_hand(on_sqlite: Operator) -> None:
    on_sqlite.run("catalog", "import", ROOT / "link_catalog.yaml")
    said = ("--kind", "fault", "--to", "2099-01-01T00:00:00+01:00", "--nb", "Nede.", "--nn", "Nede.", "--en", "Down.")
    notice_id = on_sqlite.run("notices", "post", "dodsmelding", *said).stdout.strip()
    assert f"dodsmelding {notice_id} fault" in on_sqlite.run("notices", "list").stdout
    on_sqlite.run("notices", "end", "dodsmelding", notice_id)
    assert " ended: Nede." in on_sqlite.run("notices", "list").stdout
    assert on_sqlite.run("notices", "end", "dodsmelding", notice_id, status=1).stderr
    assert on_sqlite.run("notices", "post", "finnes-ikke", *said, status=1).stderr
    never = [word.replace("2099", "1999") for word in said]
    assert "from must be before to" in on_sqlite.run("notices", "post", "dodsmelding", *never, status=1).stderr
    assert [action for _, action, _ in on_sqlite.audited()] == ["catalogue_published", "notice_posted", "notice_ended"]
