"""Plans as pages: every change before it is written and after, exports, and undoing."""
