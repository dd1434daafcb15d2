"""Why a whole file was not taken in, and what the school can do about it."""


class Refused(Exception):
    """Nothing was read: names the file, the record where there is one, the reason and the next step.

    The sentences never hold a name, a birthday or another value of a person.
    """

    def __init__(self, file: str, reason: str, *, what_to_do: str, record: str | None = None) -> None:
        self.file = file
        self.record = record
        self.reason = reason
        self.what_to_do = what_to_do
        super().__init__(file, record, reason, what_to_do)

    def __str__(self) -> str:
        place = f"{self.file}, {self.record}" if self.record else self.file
        return f"{place}: {self.reason} Nothing has been read. {self.what_to_do}"
