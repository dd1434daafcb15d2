"""The schools the broker knows, and the people who act for them."""
