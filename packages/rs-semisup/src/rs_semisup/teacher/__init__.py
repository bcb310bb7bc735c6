"""Networks that label images: ours and timm's."""

from rs_semisup.teacher.load import load_teacher
from rs_semisup.teacher.teacher import Teacher

__all__ = ["Teacher", "load_teacher"]
