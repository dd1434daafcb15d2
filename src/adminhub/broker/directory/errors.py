"""What can go wrong when somebody acts in the broker, each named after what it means for them."""

from django.core.exceptions import PermissionDenied


class NotAllowed(PermissionDenied):
    """This person or app may not do this; the message says who may. Nothing has changed."""


class NotPossible(Exception):
    """The thing is not in a state in which this can be done; the message says why. Nothing has changed."""


class NoSchoolInScope(RuntimeError):
    """A school's records were asked for without saying which school. A mistake in the code, never a person's."""
