"""SimCLR: training without labels, by telling the two views of an image from those of all others."""
