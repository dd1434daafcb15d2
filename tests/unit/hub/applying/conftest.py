"""Ada at Oak, connected, with Wellbeing: as syncs have them."""

from tests.unit.hub.syncs.conftest import ada, connection, oak, wellbeing

__all__ = ["ada", "connection", "oak", "wellbeing"]
