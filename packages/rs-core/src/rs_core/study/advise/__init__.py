"""Advice: the two scaling strategies of the paper, turned into a network for given data, epochs and time."""
