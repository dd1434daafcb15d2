"""One app at one school: what it asks, the school's decision, and what came of it."""
