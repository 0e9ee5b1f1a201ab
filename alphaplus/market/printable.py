"""Text from outside as it may be shown: what would move a terminal or hide letters is written out."""


def printable(text: str) -> str:
    r"""Write control characters, direction marks and bytes that are no text as escapes such as `\x1b`."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode() for letter in text)
