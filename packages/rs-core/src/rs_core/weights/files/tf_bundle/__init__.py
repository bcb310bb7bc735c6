"""TensorFlow's checkpoints (the V2 format, "tensor bundle"), read without TensorFlow.

A checkpoint is an index, which is a sorted table of names and descriptions, and one or more data files with the bytes.
"""

from rs_core.weights.files.tf_bundle.bundle import open_tf_bundle, open_tf_table

__all__ = ["open_tf_bundle", "open_tf_table"]
