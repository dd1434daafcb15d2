"""The column assistant: a school says what the columns of its own tables hold."""
