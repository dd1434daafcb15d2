"""Who saw what, when: the access log as a school reads it."""
