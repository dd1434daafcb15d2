"""School tab, Duplicates: people who may be known twice, side by side, and made one or told apart."""
