"""What is wrong with a file, in the one line that an error for users has room for."""


def first_line(error: Exception) -> str:
    """Give the first line of an error's message, or its type if it has none."""
    return next(iter(str(error).splitlines()), type(error).__name__)
