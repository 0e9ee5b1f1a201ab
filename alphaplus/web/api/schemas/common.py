"""What several answers share."""

from ninja import Schema


class ModelName(Schema):
    """A version in short."""

    number: int
    label: str
    stage: str
    family: str
    horizon: int


class Contribution(Schema):
    """How much one column moved a prediction."""

    column: str
    value: float | None
    contribution: float | None


class Alive(Schema):
    """The process answers."""

    status: str


class Problem(Schema):
    """What went wrong."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    instance: str
    request_id: str
