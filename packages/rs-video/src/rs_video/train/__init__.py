"""Training and evaluation of networks of clips."""
