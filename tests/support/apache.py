"""Debian's Apache with mod_auth_openidc as a legacy target: we are its OpenID provider, and it knows of nothing else.

with apache(origin, "demo-annen", SECRET) as legacy:
    browser.open(f"{legacy.address}/")     # a page that lists what the module tells the application behind it
"""

from __future__ import annotations

import getpass
import os
import secrets
import shutil
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, NamedTuple

import pytest

from portal.demo.processes import Processes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.demo.browser import Page

_APACHE = shutil.which("apache2", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
_MODULES = Path("/usr/lib/apache2/modules")
_LOADED = ("mpm_event", "authn_core", "authz_core", "authz_user", "mime", "filter", "include", "dir", "auth_openidc")
_CLAIM = "OIDC_CLAIM_"
_CONF = """
ServerRoot {folder}
DefaultRuntimeDir {folder}
PidFile {folder}/apache.pid
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
{modules}
User {user}
Group {group}
ErrorLog /dev/stderr
DocumentRoot {folder}/pages
DirectoryIndex index.shtml
TypesConfig /dev/null
AddType text/html .shtml .html
AddOutputFilter INCLUDES .shtml

OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {address}/oidc/callback
OIDCCryptoPassphrase {passphrase}
OIDCScope "openid profile fhirUser"
OIDCPKCEMethod S256
OIDCProviderTokenEndpointAuth client_secret_basic
OIDCIDTokenSignedResponseAlg RS256
OIDCRemoteUserClaim sub
OIDCPassClaimsAs environment

<Directory {folder}/pages>
  Options +Includes
</Directory>
<Location />
  AuthType openid-connect
  Require valid-user
</Location>
<Location /open.html>
  AuthType None
  Require all granted
</Location>
"""
_PAGE = """<!doctype html><html lang="nb"><title>Gammelt fagsystem</title><h1>Gammelt fagsystem</h1>
<pre id="told"><!--#printenv --></pre></html>
"""


class Legacy(NamedTuple):
    """Where it stands; `back` is its redirect URI, at which a login can be asked for too."""

    address: str

    @property
    def back(self) -> str:
        return f"{self.address}/oidc/callback"


@contextmanager
def apache(port: int, issuer: str, client_id: str, secret: str) -> Iterator[Legacy]:
    """Serve on this port until the block ends; the provider must answer from the first visitor on."""
    if _APACHE is None or not (_MODULES / "mod_auth_openidc.so").exists():
        pytest.skip("Apache with mod_auth_openidc is not installed: see .ci/run")
    legacy = Legacy(f"http://127.0.0.1:{port}")
    # Not below pytest's own directory: run as root, its workers have another user, who could not enter there.
    with TemporaryDirectory(prefix="apache-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        for name in ("pages", "logs"):
            (folder / name).mkdir()
        (folder / "pages/index.shtml").write_text(_PAGE, encoding="utf-8")
        (folder / "pages/open.html").write_text("open", encoding="utf-8")
        conf = _CONF.format(
            folder=folder,
            port=port,
            modules="\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _LOADED),
            user="nobody" if os.geteuid() == 0 else getpass.getuser(),
            group="nogroup",
            issuer=issuer,
            address=legacy.address,
            client_id=client_id,
            secret=secret,
            passphrase=secrets.token_hex(16),
        )
        (folder / "apache.conf").write_text(conf, encoding="utf-8")
        with Processes(folder / "logs", folder) as processes:
            command = [_APACHE, "-f", str(folder / "apache.conf"), "-D", "FOREGROUND"]
            processes.start("apache", command, os.environ)
            processes.await_ready(f"{legacy.address}/open.html")
            yield legacy


def told(page: Page) -> dict[str, str]:
    """The claims that the module gives to the application."""
    assert page.status == 200, page.response.text
    lines = page.tree.get_element_by_id("told").text_content().splitlines()
    pairs = (line.partition("=") for line in lines if line.startswith(_CLAIM))
    return {name.removeprefix(_CLAIM): value for name, _, value in pairs}
