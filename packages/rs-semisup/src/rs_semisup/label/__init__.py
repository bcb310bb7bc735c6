"""Labelling the rows of an index, range by range, in any number of processes."""
