"""`python -m portal.demo.epj --port N --config FILE`: the journal system on loopback."""

from __future__ import annotations

from portal.demo.epj.app import create
from portal.demo.epj.config import EpjConfig
from portal.demo.standin import serve

serve(EpjConfig, create)
