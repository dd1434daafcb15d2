"""Screens of Wellbeing."""
