"""The cast of the outputs' tests, for the contract's."""

from tests.unit.hub.outputs.conftest import (  # noqa: F401  # pytest finds fixtures by name
    _one_address,
    ada,
    elm,
    oak,
    roster,
    token_for,
    wellbeing,
)
