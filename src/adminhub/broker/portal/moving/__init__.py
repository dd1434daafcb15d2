"""A school's pages about a change of MIS."""
