"""Telling a service that a school's roster changed; it then asks for it by OneRoster."""
