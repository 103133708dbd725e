"""`python -m portal.demo.target --port N --config FILE`: the reporting portal on loopback."""

from __future__ import annotations

from portal.demo.standin import serve
from portal.demo.target.app import create
from portal.demo.target.config import TargetConfig

serve(TargetConfig, create)
