"""Studies: many runs as one job that goes on where it stopped, and their tables and plots."""
