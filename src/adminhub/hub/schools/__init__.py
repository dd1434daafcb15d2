"""Schools, services, the people who log in, their roles and what each may do."""
