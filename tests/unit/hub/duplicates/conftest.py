"""Ada at Oak, connected, with Wellbeing."""

from __future__ import annotations

from tests.unit.hub.syncs.conftest import ada, connection, oak, wellbeing

__all__ = ["ada", "connection", "oak", "wellbeing"]
