"""Ada at Oak, with Wellbeing, two forms and a choir; the same Ada as in a sync's tests."""

from tests.unit.hub.syncs.conftest import ada, connection, oak, wellbeing

__all__ = ["ada", "connection", "oak", "wellbeing"]
