"""A school year ends and another begins: predicted, shown, applied at once or on a date."""
