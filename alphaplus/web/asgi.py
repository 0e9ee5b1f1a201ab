"""The ASGI application, for servers that import one: `uvicorn alphaplus.web.asgi:application`."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alphaplus.web.settings.embedded")

application = get_asgi_application()
