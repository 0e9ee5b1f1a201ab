"""Columns that hold a word of an enum, and the database's own check that it is one."""

from enum import StrEnum

from django.db import models
from django.db.models.fields import NOT_PROVIDED

LONGEST = 16


def choices(words: type[StrEnum]) -> list[tuple[str, str]]:
    """The words of an enum as Django choices."""
    return [(word.value, word.value) for word in words]


def one_of(words: type[StrEnum], *, default: str | None = None) -> "models.CharField[str, str]":
    """A column for a word of `words`; pair it with `check` in the table's constraints."""
    return models.CharField(max_length=LONGEST, choices=choices(words), default=default or NOT_PROVIDED)


def check(table: str, column: str, words: type[StrEnum]) -> models.CheckConstraint:
    """The constraint that refuses any other word."""
    condition = models.Q(**{f"{column}__in": [word.value for word in words]})
    return models.CheckConstraint(condition=condition, name=f"{table}_{column}_known")
