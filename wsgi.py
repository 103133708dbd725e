"""What gunicorn loads."""

import os

from portal.app import create_app
from portal.settings import Settings

app = create_app(Settings.from_env(os.environ))
