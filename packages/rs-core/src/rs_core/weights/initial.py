"""Networks that start from weights which exist: for fine-tuning, with a head of their own where the classes differ."""

from collections.abc import Mapping
from typing import Any

from rs_core.errors import UserError, nearest
from rs_core.models import NetworkConfig, ResidualNetwork, ResNet3d, build_model, inflate, model_config
from rs_core.models.create import replace_fields
from rs_core.weights.check import load_weights
from rs_core.weights.layouts.architecture import name_architecture
from rs_core.weights.locate import is_source
from rs_core.weights.pretrained import load_pretrained
from rs_core.weights.published import PUBLISHED

HEAD = "classifier."
IMAGENET_WITH_AND_WITHOUT_BACKGROUND = {1000, 1001}


def create_with_weights(name: str, weights: str, overrides: Mapping[str, Any]) -> ResidualNetwork:
    """Build a row of the table with weights: the tag of published ones, or any source of ``load_pretrained``.

    Activation, padding and what else the weights were trained with come from them; ``overrides`` come last. A
    classifier for another number of classes starts anew.

    Raises:
        UserError: no such weights, weights of another row, ImageNet's 1000 classes mixed up with 1001, or overrides
            that change the shape of anything but the classifier.
    """
    model_config(name, **overrides)  # complains about names that there are not
    published = f"{name}.{weights}"
    if weights and published not in PUBLISHED and not is_source(weights):
        tags = [row.tag for row in PUBLISHED.values() if row.architecture == name]
        raise UserError(
            f"weights={weights!r}: no tag of published {name}{nearest(weights, tags)} and no such file; "
            "see rs-core weights list, or write hf-hub:user/name for the hub"
        )
    pretrained = load_pretrained(published if published in PUBLISHED else weights)
    refuse_another_row(name, pretrained.model.config, weights)

    num_classes = pretrained.model.config.num_classes
    if {num_classes, overrides.get("num_classes", num_classes)} == IMAGENET_WITH_AND_WITHOUT_BACKGROUND:
        raise UserError(
            f"weights={weights!r} have {num_classes} classes, not {overrides['num_classes']}: with and without a "
            "background class; leave num_classes out to keep their classifier"
        )
    return rebuild(pretrained.model, overrides, weights)


def rebuild(pretrained: ResidualNetwork, overrides: Mapping[str, Any], weights: str) -> ResidualNetwork:
    """Build a network with the weights of another one and some fields of its configuration replaced.

    A classifier for another number of classes starts anew. ``weights`` is what a message calls them.

    Raises:
        UserError: an unknown field, a value out of range, or one that changes the shape of anything but the classifier.
    """
    model = build_model(replace_fields(pretrained.config, overrides, f"the network of {weights}"))
    state = pretrained.state_dict()
    if model.config.num_classes != pretrained.config.num_classes:
        state = {key: tensor for key, tensor in state.items() if not key.startswith(HEAD)}
        state |= {key: tensor for key, tensor in model.state_dict().items() if key.startswith(HEAD)}
    load_weights(model, state, weights)
    return model


def start_from(model: ResidualNetwork, weights: str) -> str:
    """Load weights that exist into a network that is about to be trained, and say in words what was taken.

    A classifier for another number of classes starts anew. Weights of a network of images go into one of clips by
    ``inflate``.

    Args:
        model: the network.
        weights: any source of ``load_pretrained``.

    Raises:
        UserError: no such weights, or those of another network.
    """
    pretrained = load_pretrained(weights).model
    if isinstance(model, ResNet3d) and not isinstance(pretrained, ResNet3d):
        done = inflate(pretrained.state_dict(), model)
        return f"starts from {weights}: {len(done.taken)} tensors, inflated; {len(done.fresh)} start anew"
    state = pretrained.state_dict()
    fresh = {key: tensor for key, tensor in model.state_dict().items() if key.startswith(HEAD)}
    if pretrained.config.num_classes == model.config.num_classes:
        fresh = {}
    load_weights(model, {**{key: value for key, value in state.items() if key not in fresh}, **fresh}, weights)
    return f"starts from {weights}" + ("; the classifier starts anew" if fresh else "")


def refuse_another_row(name: str, found: NetworkConfig, weights: str) -> None:
    """Refuse weights of a network of another depth or style; widths, stems and kernels may be its own.

    Raises:
        UserError: naming both.
    """
    if row_traits(model_config(name)) != row_traits(found):
        raise UserError(f"weights={weights!r} are of {name_architecture(found)}, not of {name}; create that network")


def row_traits(config: NetworkConfig) -> tuple[object, ...]:
    """Give what tells the rows of the table apart; a 34 has as many blocks as a 50, of another kind."""
    kind, downsampling = getattr(config, "block", ""), getattr(config, "downsampling", "")
    return type(config), kind, config.blocks, bool(config.se_ratio), downsampling
