"""How clips are fed to a trained network travels with its weights."""

import dataclasses
from dataclasses import dataclass, field

from rs_core.configs import from_dict
from rs_core.errors import UserError
from rs_core.models import ResNet3dConfig
from rs_core.weights.release import PretrainedModel
from rs_video.clips import ClipConfig
from rs_video.data.views import ViewConfig

KEY = "rs_video"


@dataclass(frozen=True, kw_only=True)
class VideoInput:
    """What a network of clips is fed with; the defaults are those of the released evaluation.

    Args:
        clip: which frames.
        views: which clips and crops evaluation averages over.
    """

    clip: ClipConfig = field(default_factory=ClipConfig)
    views: ViewConfig = field(default_factory=ViewConfig)


def with_video_input(trained: PretrainedModel, video_input: VideoInput) -> PretrainedModel:
    """Give the model with its input beside the weights."""
    return dataclasses.replace(trained, extras={**trained.extras, KEY: dataclasses.asdict(video_input)})


def video_input_of(trained: PretrainedModel, source: str) -> VideoInput:
    """Give what a loaded network is fed with; where its file does not say, what the released evaluation uses.

    ``source`` is what a message calls the model.

    Raises:
        UserError: a network of images, a backbone without a classifier, or a damaged description.
    """
    if not isinstance(trained.model.config, ResNet3dConfig):
        raise UserError(f"{source}: takes images, not clips of video; use rs-core for it")
    if not trained.class_names:
        raise UserError(f"{source}: a backbone without a classifier; give a model that has one")
    try:
        return from_dict(VideoInput, trained.extras.get(KEY, {}))
    except (UserError, TypeError, AttributeError) as error:
        raise UserError(f"{source}: the description of its input is damaged ({error}); copy the file again") from None
