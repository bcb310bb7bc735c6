"""From image files to the input of a model: index, order, decoding, crops, augmentation, batches."""
