"""Single sign-on: people of a school log in to apps with their log-in here (wonde-api §4)."""
