"""The study on the built-in digits: what pseudo-labels and noise gain over a few labels alone."""
