"""The linear probe: multinomial logistic regression on features, its regularisation chosen on a split.

As SimCLR has it (arXiv 2002.05709, B.8): L2 regularisation, L-BFGS, no augmentation, 45 logarithmically spaced
strengths from 1e-6 to 1e5. How the loss is scaled against the strength is not stated; here it is the mean over the
images: ``mean cross-entropy + l2 / 2 * sum(weight ** 2)``. The bias is free, as in scikit-learn, whose ``C`` is
``1 / (l2 * number of images)``.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

MAX_ITERATIONS = 1000

# Of the largest component of the gradient; a tenth of scikit-learn's.
TOLERANCE = 1e-5


class LinearClassifier(NamedTuple):
    """Weight [C, D] and bias [C]."""

    weight: Tensor
    bias: Tensor

    def scores(self, features: Tensor) -> Tensor:
        """Map features [N, D] to logits [N, C]."""
        return F.linear(features, self.weight, self.bias)


def fit(
    features: Tensor, labels: Tensor, num_classes: int, l2: float, start: LinearClassifier | None = None
) -> LinearClassifier:
    """Fit by L-BFGS in the type and on the device of ``features`` [N, D]; ``labels`` are int64 [N].

    ``start``: where to begin, such as the fit of a neighbouring ``l2``; zeros if not given. The problem is convex: it
    decides how long it takes, not what comes out.
    """
    weight = features.new_zeros(num_classes, features.shape[1]) if start is None else start.weight.clone()
    bias = features.new_zeros(num_classes) if start is None else start.bias.clone()
    parameters = [weight.requires_grad_(), bias.requires_grad_()]
    optimizer = torch.optim.LBFGS(
        parameters,
        max_iter=MAX_ITERATIONS,
        max_eval=2 * MAX_ITERATIONS,
        tolerance_grad=TOLERANCE,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def objective() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(F.linear(features, weight, bias), labels) + l2 / 2 * weight.square().sum()
        loss.backward()  # type: ignore[no-untyped-call]
        return loss

    optimizer.step(objective)  # type: ignore[no-untyped-call]
    return LinearClassifier(weight.detach(), bias.detach())


class Strength(NamedTuple):
    """A strength of regularisation, and what the split says of it: top-1 in per cent, and mean cross-entropy."""

    l2: float
    top1: float
    loss: float


def try_strengths(
    learned: tuple[Tensor, Tensor], judged: tuple[Tensor, Tensor], num_classes: int, strengths: tuple[float, ...]
) -> list[Strength]:
    """Fit one half of a split by every strength, strongest first, each from the one before, and judge by the other.

    ``learned`` and ``judged`` are features and labels.
    """
    table = []
    classifier = None
    for l2 in sorted(strengths, reverse=True):
        classifier = fit(*learned, num_classes, l2, start=classifier)
        scores = classifier.scores(judged[0])
        table.append(Strength(l2, top1(scores, judged[1]), F.cross_entropy(scores, judged[1]).item()))
    return table


def best(table: list[Strength]) -> Strength:
    """Choose the strength of the best accuracy; of equal ones, as a small split has many, that of the least loss.

    >>> best([Strength(1.0, 90.0, 0.6), Strength(0.1, 90.0, 0.4), Strength(0.01, 80.0, 0.3)]).l2
    0.1
    """
    return max(table, key=lambda strength: (strength.top1, -strength.loss))


def top1(scores: Tensor, labels: Tensor) -> float:
    """Give the share of rows [N, C] whose largest score is that of the label [N], in per cent."""
    return 100 * (scores.argmax(1) == labels).double().mean().item()
