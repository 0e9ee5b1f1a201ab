"""The commands of `alphaplus`, for `manage.py`."""
