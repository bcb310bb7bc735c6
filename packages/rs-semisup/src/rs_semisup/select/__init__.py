"""Choosing pseudo-labelled images: a new index of the same files."""
