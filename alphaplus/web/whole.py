"""Whole numbers as text: what an address, a key or a header must look like to be taken for one."""

MOST_DIGITS = 18  # always below 2**63, so that a database can hold it


def whole_number(text: str) -> int | None:
    """The number that at most 18 ASCII digits write; None for any other text."""
    if len(text) > MOST_DIGITS or not (text.isascii() and text.isdigit()):
        return None
    return int(text)


class WholeNumber:
    """`<whole:name>` in the pattern of an address; Django's own `int` takes any number of digits."""

    regex = f"[0-9]{{1,{MOST_DIGITS}}}"

    def to_python(self, value: str) -> int:
        """The number."""
        return int(value)

    def to_url(self, value: int) -> str:
        """The number as it stands in the address."""
        return str(value)
