"""One app at several schools of one person, e.g. of a trust: decided together, with exceptions."""
