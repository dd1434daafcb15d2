"""School tab, Change of MIS: rehearse a move on the new source's data, decide the doubtful, move, undo."""
