"""How fast videos become clips, and clips become gradients."""
