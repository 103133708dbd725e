"""The portal as it would be if it took PDFs on trust: what an inspection costs is what is between the two.

Started by gunicorn as `uninspected:app`.
"""

from __future__ import annotations

import os
from dataclasses import replace

from portal.adapters.confined import Inspector
from portal.app import create_app
from portal.domain.confinement import Verdict
from portal.settings import Settings
from portal.web.parts import EXTENSION


class Trusting(Inspector):
    """Finds every PDF well."""

    def inspect(self, pdf: bytes) -> Verdict:  # noqa: ARG002  that is the point
        return Verdict(pages=1)


app = create_app(Settings.from_env(os.environ))
app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], inspector=Trusting())
