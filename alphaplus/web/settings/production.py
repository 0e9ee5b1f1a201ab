"""The production profile as a Django settings module: `DJANGO_SETTINGS_MODULE=alphaplus.web.settings.production`."""

import os

from alphaplus.core.config import Settings, load_settings
from alphaplus.web.settings.profiles import production

ALPHAPLUS: Settings
OPEN_READING: bool

globals().update(production(load_settings(os.environ)))
