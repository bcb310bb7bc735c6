"""The scaling study: a grid of widths, depths, resolutions and epochs, and what wins at equal cost."""
