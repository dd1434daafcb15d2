"""The documents a school keeps: its record of processing, and what it needs for a DPIA; as PDF and as CSV."""
