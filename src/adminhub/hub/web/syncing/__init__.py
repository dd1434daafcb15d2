"""Every day: sync now, the history of every sync, and what the school wants of them."""
