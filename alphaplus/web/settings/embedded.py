"""The embedded profile as a Django settings module, for `manage.py` and tools that want one."""

import os

from alphaplus.core.config import Settings, load_settings
from alphaplus.web.settings.profiles import embedded

ALPHAPLUS: Settings
OPEN_READING: bool

globals().update(embedded(load_settings(os.environ)))
