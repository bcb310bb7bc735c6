"""RandAugment in batches on any device, bit-exact with the released TensorFlow code or with PIL."""

from rs_core.data.randaugment.config import OPERATIONS, RandAugmentConfig
from rs_core.data.randaugment.strength import argument
from rs_core.data.randaugment.transform import RandAugment, apply_op

__all__ = ["OPERATIONS", "RandAugment", "RandAugmentConfig", "apply_op", "argument"]
