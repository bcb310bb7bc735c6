"""How a magnitude becomes the argument of each operation."""

from rs_core.data.randaugment.config import RandAugmentConfig

SIGNED = frozenset({"Rotate", "ShearX", "ShearY", "TranslateX", "TranslateY"})


def argument(name: str, config: RandAugmentConfig) -> float:
    """Return the positive argument of an operation at the config's magnitude.

    Degrees for Rotate, kept bits for Posterize, a threshold for Solarize, an addend for SolarizeAdd, a blend
    factor for Color, Contrast, Brightness and Sharpness, a slope for the shears, pixels for the translations and
    (half a side) for Cutout, and 0 for the operations that take none. Source:
    tensorflow/tpu:models/official/efficientnet/autoaugment.py.
    """
    strength = config.magnitude / 10
    blend_factor = strength * 1.8 + 0.1
    arguments = {
        "Rotate": strength * 30,
        "Posterize": int(strength * 4),
        "Solarize": int(strength * 256),
        "SolarizeAdd": int(strength * 110),
        "Color": blend_factor,
        "Contrast": blend_factor,
        "Brightness": blend_factor,
        "Sharpness": blend_factor,
        "ShearX": strength * 0.3,
        "ShearY": strength * 0.3,
        "TranslateX": strength * config.translate_const,
        "TranslateY": strength * config.translate_const,
        "Cutout": int(strength * config.cutout_const),
    }
    return arguments.get(name, 0.0)
