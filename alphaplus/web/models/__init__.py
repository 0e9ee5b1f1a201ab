"""The tables, one file each; their names in the database are plain, so that people may write SQL against them."""

from alphaplus.web.models.alert import Alert
from alphaplus.web.models.audit_event import AuditEvent
from alphaplus.web.models.backtest_run import BacktestRun
from alphaplus.web.models.data_import import DataImport
from alphaplus.web.models.dataset import Dataset
from alphaplus.web.models.decision import Decision
from alphaplus.web.models.evaluation import Evaluation
from alphaplus.web.models.feed import Feed
from alphaplus.web.models.forming_bar import FormingBar
from alphaplus.web.models.model_version import ModelVersion
from alphaplus.web.models.outbox import Outbox
from alphaplus.web.models.prediction import Prediction
from alphaplus.web.models.quarantined_row import QuarantinedRow
from alphaplus.web.models.sign_in_link import SignInLink
from alphaplus.web.models.signal import Signal
from alphaplus.web.models.slot import Slot
from alphaplus.web.models.trade import Trade
from alphaplus.web.models.training_session import TrainingSession

__all__ = [
    "Alert",
    "AuditEvent",
    "BacktestRun",
    "DataImport",
    "Dataset",
    "Decision",
    "Evaluation",
    "Feed",
    "FormingBar",
    "ModelVersion",
    "Outbox",
    "Prediction",
    "QuarantinedRow",
    "SignInLink",
    "Signal",
    "Slot",
    "Trade",
    "TrainingSession",
]
