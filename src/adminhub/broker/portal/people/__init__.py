"""Whom of a school an app may see: chosen, checked, saved."""
