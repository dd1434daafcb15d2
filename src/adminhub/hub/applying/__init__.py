"""Makes a plan so: set-based, in one transaction, with a journal."""
