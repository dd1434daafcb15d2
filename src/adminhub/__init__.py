"""Admin Hub: connects a school's MIS to the services it buys."""
