"""The school administrator's and the operator's screens."""
