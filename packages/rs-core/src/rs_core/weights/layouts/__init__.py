"""Foreign layouts: how others name and shape the tensors of a residual network, one file each."""
