"""What the database itself refuses, whoever writes."""

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from alphaplus.core.enums import Stage
from alphaplus.web.models import AuditEvent, ModelVersion, Slot
from tests.web.conftest import event_of, slot_of, version_of

