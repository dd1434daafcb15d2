"""Leavers: who is no longer in the MIS, and what the school does with them."""
