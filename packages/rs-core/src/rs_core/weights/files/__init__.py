"""File formats: each becomes the same read-only mapping of names to tensors, which reads when it is asked."""

from rs_core.weights.files.open import open_tensors
from rs_core.weights.files.tensor_file import TensorFile

__all__ = ["TensorFile", "open_tensors"]
