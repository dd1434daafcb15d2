"""Why something could not be started, as one sentence with the way out."""

import errno


class CannotStart(Exception):
    """The stack, or one part of it, was not started; the message is one sentence for a person."""


def explain(error: OSError, *, doing: str) -> str:
    """Return one sentence for a full disk, a missing permission or another trouble of the machine."""
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return (
            f"The disk is full{where}, so {doing} stopped. Free some space, or use --data with another disk."
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"Permission is missing{where}, so {doing} stopped. "
            "Run as the owner of that folder, or use --data with a folder of your own."
        )
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return f"There is a file where a folder must be{where}, so {doing} stopped. Use --data with a folder."
    return f"{doing.capitalize()} stopped: {error.strerror or error}{where}."
