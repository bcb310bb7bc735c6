"""The sixteen operations by name, for a batch that shares one argument."""

from collections.abc import Callable, Mapping

from torch import Tensor

from rs_core.data.randaugment import geometry
from rs_core.data.randaugment.blending import blend, brightness, color, sharpness
from rs_core.data.randaugment.config import Mode
from rs_core.data.randaugment.cutout import cutout
from rs_core.data.randaugment.faithful import FAITHFUL
from rs_core.data.randaugment.geometry import resample
from rs_core.data.randaugment.levels import autocontrast, equalize
from rs_core.data.randaugment.pil import PIL
from rs_core.data.randaugment.pointwise import invert, posterize, solarize, solarize_add
from rs_core.data.randaugment.rules import Rules

Operation = Callable[[Tensor, float, Tensor], Tensor]
"""From uint8 images [n, 3, H, W], the argument and Cutout's centres, int64 [n, 2], to new images."""


def _operations(rules: Rules) -> Mapping[str, Operation]:
    def move(images: Tensor, matrix: geometry.Matrix) -> Tensor:
        return resample(images, matrix, rules.source_pixels)

    return {
        "AutoContrast": lambda x, _arg, _at: autocontrast(x, rules.autocontrast_precision),
        "Equalize": lambda x, _arg, _at: equalize(x),
        "Invert": lambda x, _arg, _at: invert(x),
        "Rotate": lambda x, degrees, _at: move(x, rules.rotation(degrees, *x.shape[2:])),
        "Posterize": lambda x, bits, _at: posterize(x, rules.num_cleared_bits(int(bits))),
        "Solarize": lambda x, threshold, _at: solarize(x, rules.solarize_threshold(int(threshold))),
        "Color": lambda x, factor, _at: color(x, rules.grey, factor),
        "Contrast": lambda x, factor, _at: blend(rules.contrast_grey(x), x.float(), factor),
        "Brightness": lambda x, factor, _at: brightness(x, factor),
        "Sharpness": lambda x, factor, _at: sharpness(x, rules.smooth, factor),
        "ShearX": lambda x, slope, _at: move(x, geometry.shear_x(slope)),
        "ShearY": lambda x, slope, _at: move(x, geometry.shear_y(slope)),
        "TranslateX": lambda x, pixels, _at: move(x, geometry.translate_x(rules.shift(pixels, x.shape[3]))),
        "TranslateY": lambda x, pixels, _at: move(x, geometry.translate_y(rules.shift(pixels, x.shape[2]))),
        "Cutout": lambda x, pixels, at: cutout(x, rules.half_side(int(pixels), *x.shape[2:]), at),
        "SolarizeAdd": lambda x, addend, _at: solarize_add(x, int(addend)),
    }


OPERATIONS_OF_MODE: Mapping[Mode, Mapping[str, Operation]] = {
    "faithful": _operations(FAITHFUL),
    "pil": _operations(PIL),
}
