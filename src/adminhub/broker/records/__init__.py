"""What a school records of its days beside the roster, and what apps write back."""
