"""What the target stand-in is told when it starts."""

from __future__ import annotations

from portal.demo.launch_client import Registration
from portal.demo.standin import Config


class TargetConfig(Config):
    """`client_id` and `key` are the target's at HelseID, `registration` is what it has at the portal."""

    registration: Registration
