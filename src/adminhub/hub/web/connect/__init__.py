"""Connecting a school to its MIS: from Authorise to Start sync, and back."""
