"""Labels, splits and input views."""

from alphaplus.datasets.dataset import Dataset
from alphaplus.datasets.labelling import LabelFrame, LabelSpec, make_labels
