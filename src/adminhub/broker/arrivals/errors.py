"""What can go wrong while something is fetched."""


class Unreachable(Exception):
    """Nothing could be fetched; the message says why and what to do. What was published before stays."""

    def __init__(self, reason: str, *, what_to_do: str) -> None:
        super().__init__(f"{reason} Nothing was read; the last good data stays. {what_to_do}")
