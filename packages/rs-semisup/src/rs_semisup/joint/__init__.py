"""Training on labelled and pseudo-labelled images at once."""
