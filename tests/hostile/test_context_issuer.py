"""facts/security §4.2, H031: whatever stands in `iss`, the portal asks nobody but a journal that it knows."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

import pytest
from support.doors import HANDLE, doors
from support.outbound import outbound

from portal.demo.browser import Hop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.doors import Doors

pytestmark = pytest.mark.hostile


@pytest.fixture(scope="module")
def open_doors(migrated_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doors]:
    folder = tmp_path_factory.mktemp("doors")
    (folder / "portal.db").write_bytes(migrated_sqlite.read_bytes())
    with doors(f"sqlite:///{folder / 'portal.db'}", folder) as both:
        yield both


def _asks_nobody(at: Doors, hop: Hop) -> None:
    at.lines.forget()
    at.epj.asked.clear()
    with outbound() as heard:
        page = at.world.browser().step(hop)
    at.refused(page, 400, "smart_launch_invalid")
    assert heard == {("127.0.0.1", urlsplit(at.world.origin).port)}, "only the browser's own way to the portal"
    assert at.epj.asked == []
    assert "Set-Cookie" not in page.response.headers


OTHERS = [
    "https://evil.example/fhir",
    "http://127.0.0.1:1/fhir",
    "http://127.0.0.1/fhir",
    "http://localhost:{port}/fhir",
    "http://[::1]:{port}/fhir",
    "http://[::ffff:127.0.0.1]:{port}/fhir",
    "http://0x7f000001:{port}/fhir",
    "http://2130706433:{port}/fhir",
    "http://0177.0.0.1:{port}/fhir",
    "http://127.1:{port}/fhir",
    "http://0.0.0.0:{port}/fhir",
    "http://127.0.0.1.nip.io:{port}/fhir",
    "http://127.0.0.1.:{port}/fhir",
    "http://127。0。0。1:{port}/fhir",
    "http://１２７.0.0.1:{port}/fhir",
    "http://ⓛocalhost:{port}/fhir",
    "http://169.254.169.254/latest/meta-data/",
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://10.0.0.1/fhir",
    "http://epj.local/fhir",
    "https://127.0.0.1:{port}/fhir",
    "HTTP://127.0.0.1:{port}/fhir",
    "http://127.0.0.1:{port}/FHIR",
    "http://user@127.0.0.1:{port}/fhir",
    "http://user:secret@127.0.0.1:{port}/fhir",
    "http://127.0.0.1:{port}@evil.example/fhir",
    "http://evil.example#@127.0.0.1:{port}/fhir",
    "http://evil.example\\@127.0.0.1:{port}/fhir",
    "http:/\\127.0.0.1:{port}/fhir",
    "http:127.0.0.1:{port}/fhir",
    "//127.0.0.1:{port}/fhir",
    "127.0.0.1:{port}/fhir",
    "http://127.0.0.1:0{port}/fhir",
    "http://127.0.0.1:{port}/fhir/",
    "http://127.0.0.1:{port}//fhir",
    "http://127.0.0.1:{port}/fhir/x",
    "http://127.0.0.1:{port}/fhir/..",
    "http://127.0.0.1:{port}/x/../fhir",
    "http://127.0.0.1:{port}/fhi%72",
    "http://127.0.0.1:{port}/fhir%2f..",
    "http://127.0.0.1:{port}/fhir;x",
    "http://127.0.0.1:{port}/fhir?x=1",
    "http://127.0.0.1:{port}/fhir?",
    "http://127.0.0.1:{port}/fhir#x",
    "http://127.0.0.1:{port}/fhir#",
    "http://127.0.0.1:{port}/",
    "http://127.0.0.1:{port}",
    "http://127.0.0.1:{port}/fhir ",
    " http://127.0.0.1:{port}/fhir",
    "http://127.0.0.1:{port}/fhir\n",
    "http://127.0.0.1:{port}/fhir\t",
    "http://127.0.0.1:{port}/fhir\u202e",
    "file:///etc/passwd",
    "file://127.0.0.1:{port}/fhir",
    "gopher://127.0.0.1:{port}/fhir",
    "ftp://127.0.0.1:{port}/fhir",
    "dict://127.0.0.1:{port}/fhir",
    "ldap://127.0.0.1:{port}/fhir",
    "jar:http://127.0.0.1:{port}/fhir!/",
    "unix:///var/run/docker.sock",
    "data:application/json,{{}}",
    "javascript:alert(1)",
    "http://127.0.0.1:{port}/fhir,http://evil.example",
    "epj",
    "smart-epj",
    "*",
    "http://*",
    "null",
    "",
    "http://127.0.0.1:{port}/fhir" + "/x" * 4_000,
]


def _launch(at: Doors, query: dict[str, str] | list[tuple[str, str]]) -> Hop:
    return Hop("GET", f"{at.world.origin}/launch?{urlencode(query)}")


@pytest.mark.parametrize("iss", OTHERS, ids=[one[:60] for one in OTHERS])
def test_H031_another_issuer_is_asked_nothing(open_doors: Doors, iss: str) -> None:
    port = urlsplit(open_doors.epj.origin).port
    _asks_nobody(open_doors, _launch(open_doors, {"iss": iss.format(port=port), "launch": HANDLE}))


@pytest.mark.parametrize("iss", ["https://evil.example/fhir", "http://127.0.0.1:1/fhir", "file:///etc/passwd", ""])
def test_H032_nor_by_POST(open_doors: Doors, iss: str) -> None:
    form = {"iss": iss, "launch": HANDLE}
    _asks_nobody(open_doors, Hop("POST", f"{open_doors.world.origin}/launch", form, "https://epj.test"))


def test_H031_the_server_of_an_attacker_is_never_reached(open_doors: Doors, elsewhere: str) -> None:
    true = ("iss", open_doors.epj.base)
    for path in ("/fhir", "/", ""):
        false = ("iss", f"{elsewhere}{path}")
        for several in ([false], [true, false], [false, true], [false, false]):
            _asks_nobody(open_doors, _launch(open_doors, [*several, ("launch", HANDLE)]))


@pytest.mark.parametrize("name", ["aud", "fhirServiceUrl", "iss[]", "ISS", "jwks_uri", "redirect_uri", "request_uri"])
def test_H031_no_other_parameter_names_a_server(open_doors: Doors, elsewhere: str, name: str) -> None:
    for query in ({"iss": open_doors.epj.base, "launch": HANDLE, name: elsewhere}, {name: elsewhere, "launch": HANDLE}):
        _asks_nobody(open_doors, _launch(open_doors, query))


def test_an_issuer_that_is_registered_is_asked_and_heard(open_doors: Doors) -> None:
    with outbound() as heard:
        assert open_doors.launch(open_doors.world.browser()).status == 303
    assert ("127.0.0.1", urlsplit(open_doors.epj.origin).port) in heard
