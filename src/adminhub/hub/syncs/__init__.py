"""One sync from start to finish and its states."""
