#!/usr/bin/env python
"""Django's own entry: `python manage.py COMMAND`, for the commands of AlphaPlus and for those of Django."""

import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "alphaplus.web.settings.embedded")
    execute_from_command_line(sys.argv)
