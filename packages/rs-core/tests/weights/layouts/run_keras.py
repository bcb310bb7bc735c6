"""Run as a program: save Keras' ResNet-RS with random weights, and what it computes, into a folder.

TensorFlow gets a process of its own, because Triton, which PyTorch imports when it needs it, aborts beside it.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tf_keras

RESOLUTION = 160
VARIANTS = {
    "resnet-rs-50-i160": {"classifier_activation": None},
    "resnet-rs-50-i160_notop": {"include_top": False, "pooling": "avg"},
}


def randomize(model):
    """Draw weights and statistics that keep the signal alive."""
    rng = np.random.default_rng(7)
    values = []
    for weight in model.weights:
        layer, leaf = weight.name.split(":")[0].split("/")
        z = rng.standard_normal(weight.shape)
        if leaf == "kernel":
            value = z * np.sqrt(2 / np.prod(weight.shape[:-1]))
        elif leaf == "gamma":
            ends_branch = layer.startswith("BlockGroup") and layer.endswith("batch_norm_3")
            value = 0.1 * z + (0.3 if ends_branch else 1.0)
        elif leaf == "moving_variance":
            value = np.exp(0.2 * z)
        else:
            value = 0.1 * z
        values.append(value.astype(np.float32))
    model.set_weights(values)


def main(folder):
    pixels = np.random.default_rng(8).uniform(0, 255, (2, RESOLUTION, RESOLUTION, 3)).astype(np.float32)
    outputs = {"pixels": pixels}
    for name, options in VARIANTS.items():
        model = tf_keras.applications.ResNetRS50(weights=None, input_shape=pixels.shape[1:], **options)
        randomize(model)
        model.save_weights(folder / f"{name}.h5")
        outputs[name] = model.predict(pixels, verbose=0)
    np.savez(folder / "outputs.npz", **outputs)

    model = tf_keras.applications.ResNetRS50(weights=None)
    names = {weight.name: list(weight.shape) for weight in model.weights}
    (folder / "names.json").write_text(json.dumps(names))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
