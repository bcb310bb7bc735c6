"""mmcv's compiled operations, served by torchvision where mmcv has none.

mmdetection and mmsegmentation import ``mmcv.ops``, whose modules load the compiled ``mmcv._ext`` at once. Wheels of it
exist for few versions of PyTorch, and building it takes a compiler and minutes. mmcv-lite has the same Python modules
and no ``_ext``; this module puts one in its place with the operations that Faster R-CNN, FCN, UPerNet, DeepLabV3 and
depth heads call: ``nms``, and RoI align by averages, forward and backward. All others raise as soon as they are called,
among them soft-NMS, RoI align by maxima, deformable convolution, CARAFE, PSA masks, criss-cross attention, and on GPUs
multi-scale deformable attention and the sigmoid focal loss, which on CPUs are plain PyTorch.
"""

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import torch
import torchvision
from torch import Tensor

NAME = "mmcv._ext"
POOL_MODES = ("max", "avg")


def provide_operations() -> str:
    """Make ``mmcv.ops`` importable, and say in words who computes: mmcv where it is compiled, else torchvision."""
    if isinstance(sys.modules.get(NAME), TorchvisionOperations):
        return "operations of torchvision"
    if find_spec(NAME) is not None:
        return "compiled operations of mmcv"
    operations = TorchvisionOperations()
    sys.modules[NAME] = operations
    import_module("mmcv")._ext = operations  # type: ignore[attr-defined]  # as importing a submodule does
    return "operations of torchvision"


class TorchvisionOperations(ModuleType):
    """What stands in for ``mmcv._ext``."""

    def __init__(self) -> None:
        super().__init__(NAME, __doc__)
        # mmengine asks for it when it looks whether mmcv is compiled.
        self.__spec__ = ModuleSpec(NAME, None)
        self.nms = nms
        self.roi_align_forward = roi_align_forward
        self.roi_align_backward = roi_align_backward

    def __getattr__(self, name: str) -> Callable[..., Any]:
        """Give an operation that raises when it is called: mmcv looks all of them up when it is imported."""
        if name.startswith("__"):
            raise AttributeError(name)
        return not_served(name)


def not_served(name: str) -> Callable[..., Any]:
    """Give what raises in the place of an operation."""

    def operation(*arguments: Any, **options: Any) -> Any:
        raise NotImplementedError(
            f"{name} is a compiled operation of mmcv, which mmcv-lite does not have; install mmcv>=2.1,<2.2 built for "
            "this PyTorch, or choose a model without it"
        )

    return operation


def nms(boxes: Tensor, scores: Tensor, *, iou_threshold: float, offset: int) -> Tensor:
    """Give the indices of the boxes ``[n, 4]`` that stay, best first, as int64.

    With ``offset`` 1 a box from x1 to x2 is ``x2 - x1 + 1`` wide.
    """
    ends = boxes.new_tensor([0, 0, offset, offset])
    kept: Tensor = torchvision.ops.nms(boxes + ends, scores, iou_threshold)
    return kept


def roi_align_forward(
    features: Tensor,
    rois: Tensor,
    output: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    *,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Pool features ``[N, C, H, W]`` in each of ``rois`` ``[K, 5]`` into ``output`` ``[K, C, height, width]``."""
    if POOL_MODES[pool_mode] != "avg":
        not_served("RoI align by maxima")()
    size = (aligned_height, aligned_width)
    output.copy_(torchvision.ops.roi_align(features, rois, size, spatial_scale, sampling_ratio, aligned))


def roi_align_backward(
    grad_output: Tensor,
    rois: Tensor,
    argmax_y: Tensor,
    argmax_x: Tensor,
    grad_input: Tensor,
    *,
    aligned_height: int,
    aligned_width: int,
    spatial_scale: float,
    sampling_ratio: int,
    pool_mode: int,
    aligned: bool,
) -> None:
    """Put the gradient of the features into ``grad_input`` ``[N, C, H, W]``."""
    if POOL_MODES[pool_mode] != "avg":
        not_served("RoI align by maxima")()
    grad_input.copy_(
        torch.ops.torchvision._roi_align_backward(
            grad_output,
            rois,
            spatial_scale,
            aligned_height,
            aligned_width,
            *grad_input.shape,
            sampling_ratio,
            aligned,
        )
    )
