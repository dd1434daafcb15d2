"""What apps have written into a school's records, and taking it back."""
