"""What is installed is newer than the advisories that would hit this kind of software."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.version import Version

FLOORS = {
    "authlib": "1.7.3",  # CVE-2026-104056 poisoned discovery, CVE-2026-27962 trusted jwk header
    "cryptography": "48.0.1",  # GHSA-537c-gmf6-5ccf
    "flask": "3.1.3",  # CVE-2026-27205 Vary, CVE-2025-47278 order of fallback keys
    "gunicorn": "26.1",  # CVE-2024-1135 and CVE-2024-6827 request smuggling, and the hardening of 26
    "jinja2": "3.1.6",  # CVE-2025-27516 sandbox
    "joserfc": "1.7.3",  # CVE-2026-62995 padded signatures, CVE-2026-49852 empty HMAC key
    "lxml": "6.1.0",  # CVE-2026-41066 external entities in iterparse
    "requests": "2.33.0",  # CVE-2026-25645
    "urllib3": "2.8.0",  # CVE-2026-44431, CVE-2026-44432
    "werkzeug": "3.1.6",  # CVE-2023-46136 multipart, CVE-2024-34069 debugger, CVE-2026-27199 device names
}


@pytest.mark.parametrize(("package", "floor"), FLOORS.items())
def test_installed_is_at_least_the_floor(package: str, floor: str) -> None:
    assert Version(version(package)) >= Version(floor)
