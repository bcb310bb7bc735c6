"""Ways out of training: fast inference here, files to run elsewhere in :mod:`rs_core.export.formats`."""

from rs_core.export.fold import fold_batch_norm
from rs_core.export.inference import InferenceModel, optimize_for_inference

__all__ = ["InferenceModel", "fold_batch_norm", "optimize_for_inference"]
