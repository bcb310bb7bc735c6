"""From videos to batches: clips for training, views for evaluation."""
