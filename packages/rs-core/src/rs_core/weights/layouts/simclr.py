"""Weights of SimCLR (google-research/simclr, its TF1 checkpoints): a ResNet and the heads trained on it.

The ResNet is plain, or in SimCLRv2's ``sk1`` files a ResNet-D with selective kernels.

The backbone stands under ``base_model/``, the classifier under ``head_supervised/``, the projection head under
``head_contrastive/``. Released SimCLRv1 files hold no projection head. SimCLRv2's pre-trained files also hold the
momentum encoder of pre-training under ``ema_model/``; the classifier and the published accuracies belong to
``base_model/``, so that is what is read, whatever ``Options.ema`` says.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.models.network import ResidualNetwork
from rs_core.models.projection import ProjectionHead
from rs_core.models.resnet import ResNet
from rs_core.weights.files import TensorFile
from rs_core.weights.layouts.architecture import name_architecture
from rs_core.weights.layouts.layout import Imported, Options
from rs_core.weights.layouts.simclr_outline import (
    BACKBONE,
    CLASSIFIER,
    PROJECTION,
    Shapes,
    empty_projection_head,
    network_config,
    passed_over,
    weights_of,
)
from rs_core.weights.layouts.take import check_foreign, take_checked, to_torch
from rs_core.weights.layouts.tf1 import BATCH_NORM_LEAVES, STEP, tf1_names, tf1_shape

PROJECTION_LEAVES = {
    "linear.weight": "dense/kernel",
    **{f"bn.{ours}": f"batch_normalization/{theirs}" for ours, theirs in BATCH_NORM_LEAVES.items()},
}
CLASSIFIER_NAMES = {"weight": f"{CLASSIFIER}dense/kernel", "bias": f"{CLASSIFIER}dense/bias"}

RESOLUTION = 224

NUM_PROJECTION_LAYERS = {2: "SimCLRv1", 3: "SimCLRv2"}
RELEASED_PATHS = {"simclrv1": "SimCLRv1", "simclrv2": "SimCLRv2", "ResNet50_": "SimCLRv1", "_sk": "SimCLRv2"}

# Fine-tuning on 1 % and 10 % of ImageNet put the classifier on the first projection layer (google-research/simclr:
# README.md, ft_proj_selector, and issue 109). The released files of these runs are of these steps.
FEW_LABELS_FOLDERS = ("finetuned_1pct", "finetuned_10pct")
FEW_LABELS_STEPS = (751, 3754)

SETTINGS_NOTE = (
    "names and shapes do not tell activation and padding: these are the released ones, ReLU, symmetric convolutions "
    "and a max-pool with TensorFlow's padding"
)
SELECTIVE_NOTE = (
    "with selective kernels the shortcut of each stage begins with an average pool; after an odd number of rows the "
    "released one counts a row of zeros and this one does not, so give images whose sides are multiples of 32"
)
CLASSIFIER_NOTE = (
    "the classifier reads the pooled features, as released after linear evaluation and after fine-tuning on all labels"
)
FEW_LABELS_NOTE = (
    "fine-tuned on 1 % or 10 % of the labels with a classifier that reads the first projection layer instead of the "
    "pooled features, so the network comes without it: rs_core.weights.read_classifier and "
    "rs_core.weights.read_projection_head give both from rs_core.weights.files.open_tensors(path)"
)


@dataclass(frozen=True)
class SimCLRLayout:
    """TF1 checkpoints of SimCLRv1 and SimCLRv2 for ImageNet, of any width, with and without selective kernels."""

    name: str = "simclr"

    def recognizes(self, shapes: Shapes) -> bool:
        """Say whether these are names of this layout, whether or not they are complete."""
        return any(name.startswith(BACKBONE) for name in shapes)

    def read(self, tensors: TensorFile, options: Options) -> Imported:
        """Find the architecture, check that nothing is missing, extra or misshapen, then take the tensors.

        The heads are checked too; :func:`read_projection_head` and :func:`read_classifier` give them.

        Raises:
            UserError: naming what does not fit, or a network that is not of this family. Nothing is loaded.
        """
        network, head = checked_parts(tensors)
        notes = [generation_note(head, str(tensors.path)), SETTINGS_NOTE]
        rest = passed_over(tensors.shapes)
        if head is not None:
            rest["projection head"] = len(weights_of(tensors.shapes, PROJECTION))
        if network.config.sk_ratio:
            notes.append(SELECTIVE_NOTE)
        if network.config.num_classes and head is not None and is_fine_tuned_on_few_labels(tensors):
            network.replace_head(0)
            rest["classifier"] = len(CLASSIFIER_NAMES)
            notes.append(FEW_LABELS_NOTE)
        elif network.config.num_classes:
            notes.append(CLASSIFIER_NOTE)
        return Imported(
            config=network.config,
            weights=take_checked(tensors, simclr_names(network), network.state_dict(), turn=to_torch),
            architecture=name_architecture(network.config),
            preprocessing=simclr_preprocessing(options.resolution or RESOLUTION),
            passed_over=rest,
            notes=tuple(notes),
        )


LAYOUT = SimCLRLayout()


def checked_parts(tensors: TensorFile) -> tuple[ResNet, ProjectionHead | None]:
    """Build network and projection head on the meta device, checked by names and shapes alone: no tensor is read.

    Raises:
        UserError: as :meth:`SimCLRLayout.read`.
    """
    source = f"the SimCLR variables of {tensors.path}"
    shapes = {name: s for name, s in weights_of(tensors.shapes).items() if not name.startswith(PROJECTION)}
    with torch.device("meta"):
        network = ResNet(network_config(shapes, source))
    check_foreign(
        simclr_names(network),
        network.state_dict(),
        found=shapes,
        their_shape=tf1_shape,
        source=source,
        network=name_architecture(network.config),
    )
    head = checked_projection_head(tensors)
    if head is not None and head.num_features != network.num_features:
        raise UserError(
            f"{source}: the projection head reads {head.num_features} features, the backbone has "
            f"{network.num_features}; they are of different networks"
        )
    return network, head


def read_projection_head(tensors: TensorFile) -> ProjectionHead | None:
    """Build the projection head of a checkpoint with its weights, in eval mode; nothing where there is none.

    Raises:
        UserError: missing, extra or misshapen tensors of the head, by TensorFlow's names.
    """
    head = checked_projection_head(tensors)
    if head is None:
        return None
    load_head(head, tensors, projection_names(head))
    return head.eval()


def checked_projection_head(tensors: TensorFile) -> ProjectionHead | None:
    """Build the projection head on the meta device and check its shapes; nothing where there is none."""
    with torch.device("meta"):
        head = empty_projection_head(weights_of(tensors.shapes, PROJECTION))
    if head is not None:
        check_head(head, tensors, projection_names(head), PROJECTION, "a projection head")
    return head


def read_classifier(tensors: TensorFile) -> nn.Linear | None:
    """Build the classifier of a checkpoint with its weights; nothing where there is none.

    It reads the pooled features, but the first projection layer after fine-tuning on 1 % or 10 % of the labels.

    Raises:
        UserError: missing, extra or misshapen tensors of the classifier, by TensorFlow's names.
    """
    shapes = weights_of(tensors.shapes, CLASSIFIER)
    if not shapes:
        return None
    num_features, num_classes = (*shapes.get(CLASSIFIER_NAMES["weight"], ()), 1, 1)[:2]
    with torch.device("meta"):
        classifier = nn.Linear(num_features, num_classes)
    check_head(classifier, tensors, CLASSIFIER_NAMES, CLASSIFIER, "a classifier")
    load_head(classifier, tensors, CLASSIFIER_NAMES)
    return classifier


def check_head(head: nn.Module, tensors: TensorFile, names: Mapping[str, str], scope: str, kind: str) -> None:
    """Check the shapes of all variables of a scope; ``kind`` is for errors."""
    check_foreign(
        names,
        head.state_dict(),
        found=weights_of(tensors.shapes, scope),
        their_shape=reversed_shape,
        source=f"the SimCLR variables of {tensors.path} in {scope}",
        network=kind,
    )


def load_head(head: nn.Module, tensors: TensorFile, names: Mapping[str, str]) -> None:
    """Put checked variables into a head that is on the meta device."""
    head.load_state_dict(take_checked(tensors, names, head.state_dict(), turn=to_torch), assign=True)


def reversed_shape(key: str, tensor: Tensor) -> tuple[int, ...]:
    """Give TensorFlow's shape of a tensor of a head: its kernels are ``[in, out]``."""
    return tuple(tensor.shape)[::-1]


def simclr_preprocessing(resolution: int) -> Preprocessing:
    """Give the input of the released evaluation (data_util.py): pixels in [0, 1], not normalised."""
    return Preprocessing(
        resolution=resolution,
        mean=(0.0, 0.0, 0.0),
        std=(1.0, 1.0, 1.0),
        crop_rule="simclr",
        resize="tf1_bicubic_clipped",
    )


def simclr_names(model: ResidualNetwork) -> dict[str, str]:
    """Give TensorFlow's name for the keys of the model's state dict; only ``num_batches_tracked`` has none."""
    return {
        key: (CLASSIFIER if key.startswith("classifier") else BACKBONE) + name for key, name in tf1_names(model).items()
    }


def projection_names(head: ProjectionHead) -> dict[str, str]:
    """Give TensorFlow's name for the keys of the head's state dict; only ``num_batches_tracked`` has none."""
    parts = [(key, *key.split(".", 2)[1:]) for key in head.state_dict()]
    return {
        key: f"{PROJECTION}nl_{number}/{PROJECTION_LEAVES[leaf]}"
        for key, number, leaf in parts
        if leaf in PROJECTION_LEAVES
    }


def is_fine_tuned_on_few_labels(tensors: TensorFile) -> bool:
    """Say whether the classifier reads the first projection layer, by the last step or the folder."""
    step = int(tensors[STEP]) if tensors.shapes.get(STEP) == () else 0
    return step in FEW_LABELS_STEPS or any(folder in str(tensors.path) for folder in FEW_LABELS_FOLDERS)


def generation_note(head: ProjectionHead | None, path: str) -> str:
    """Say whether this is SimCLRv1 or v2, by the layers of its projection head or else its path."""
    by_head = NUM_PROJECTION_LAYERS.get(len(head.layers)) if head else None
    by_path = next((name for part, name in RELEASED_PATHS.items() if part in path), None)
    name = by_head or by_path or "SimCLRv1 or SimCLRv2, which neither a projection head nor the path tells"
    return (
        f"{name}: the convolution weights of v1 are about 16.8 times those of v2, so fine-tuning with momentum needs "
        "another learning rate and weight decay for each; with LARS it does not"
    )
