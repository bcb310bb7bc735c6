"""A network that says which class an image probably shows."""

import hashlib
import json
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from rs_core.data.preprocessing import Preprocessing, normalize


@dataclass(frozen=True, kw_only=True, eq=False)
class Teacher:
    """A trained classifier as it labels: without noise, on images of its own size.

    Args:
        name: what the user calls it.
        architecture: all that decides what its weights do; two of one architecture compute alike.
        model: in eval mode, so without dropout and stochastic depth; gives logits [N, background + classes].
        preprocessing: of its input; ``class_offset`` says whether the first logit is a background.
        class_names: of the classes, in the order of their numbers.
    """

    name: str
    architecture: str
    model: nn.Module
    preprocessing: Preprocessing
    class_names: tuple[str, ...]

    def log_probabilities(self, images: Tensor) -> Tensor:
        """Give the logarithms of the probabilities of all classes, float32 [N, classes].

        A background class is left out before the softmax: no image is labelled with it, and what is left sums to one.

        Args:
            images: cropped as ``preprocessing`` says, [N, 3, resolution, resolution], white is 255; on the device.
        """
        pixels = normalize(images, self.preprocessing.mean, self.preprocessing.std)
        logits: Tensor = self.model(pixels).float()
        return logits[:, self.preprocessing.class_offset :].log_softmax(dim=1)


def teacher_fingerprint(teacher: Teacher) -> str:
    """Give a name, 32 hexadecimal digits, to all that decides what a teacher answers: weights, input, classes."""
    facts = [teacher.architecture, asdict(teacher.preprocessing), teacher.class_names]
    digest = hashlib.blake2b(json.dumps(facts).encode(), digest_size=16)
    for name, tensor in sorted(teacher.model.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
