"""Site 1, the product: connect, review, sync and manage people, classes and access."""
