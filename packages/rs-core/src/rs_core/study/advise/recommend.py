"""The recommendation: the largest network of the paper's strategy that fits the budget, with its reasons."""

from dataclasses import dataclass
from typing import Any, NoReturn

from rs_core.errors import UserError
from rs_core.study.advise.candidates import (
    LARGEST_RESOLUTION,
    LONG_FROM_EPOCHS,
    MEDIUM_FROM_EPOCHS,
    Regime,
    Strategy,
    path,
    regime_of,
    strategies_of,
)
from rs_core.study.advise.question import Question
from rs_core.study.advise.recipe import arguments_for, command_line, recipe_for
from rs_core.study.scaling.duration import in_words
from rs_core.study.scaling.grid import Network
from rs_core.study.scaling.speed import BATCH_SIZE, Speeds, step_in_words
from rs_core.train.next_steps import command
from rs_core.train.precision import Machine

# Time of training over that of its bare steps: evaluation, checkpoints, RandAugment. Ours, rounded up.
OVERHEAD = 1.15

PAPER = "arXiv 2103.07579, scaling study"
SECONDS_AN_HOUR = 3600

IMAGENET_IMAGES = 1_281_167

WHY: dict[Regime, str] = {
    "short": "short training, like the paper's 10 epochs: width beats depth at every resolution ({paper}, figure 3)",
    "medium": "training of medium length, like the paper's 100 epochs, where depth and width are mixed; depth is ahead "
    "at three of four resolutions ({paper}, figure 3)",
    "long": "long training, like the paper's 350 epochs, where overfitting can occur: depth beats width at every "
    "resolution ({paper}, figure 3)",
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """A network that fits the budget.

    Args:
        network: that is to be trained.
        strategy: that leads to it.
        seconds: that its training takes, predicted.
        arguments: of ``rs-core``, to train it.
    """

    network: Network
    strategy: Strategy
    seconds: float
    arguments: list[str]

    @property
    def command(self) -> str:
        """The command line that trains it."""
        return command_line(command("rs-core"), self.arguments)

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as plain values."""
        return {
            "depth": self.network.depth,
            "width": self.network.width,
            "resolution": self.network.resolution,
            "strategy": self.strategy,
            "hours": round(self.seconds / SECONDS_AN_HOUR, 3),
            "arguments": self.arguments,
            "command": self.command,
        }


@dataclass(frozen=True, kw_only=True)
class Advice:
    """The answer to a question.

    Args:
        question: that is answered.
        regime: of the training.
        recommended: network.
        runner_up: what the other strategy would train, else the next smaller network; nothing where there is none.
        reasons: for the recommendation, a sentence each.
        measured: what the predicted time rests on.
    """

    question: Question
    regime: Regime
    recommended: Choice
    runner_up: Choice | None
    reasons: list[str]
    measured: str

    def as_dict(self) -> dict[str, Any]:
        """Give all of it as plain values."""
        facts = self.question.facts
        return {
            "num_images": facts.num_images,
            "num_classes": facts.num_classes,
            "short_side": facts.short_side,
            "epochs": self.question.epochs,
            "budget_hours": round(self.question.budget / SECONDS_AN_HOUR, 3),
            "regime": self.regime,
            "recommended": self.recommended.as_dict(),
            "runner_up": self.runner_up and self.runner_up.as_dict(),
            "reasons": self.reasons,
            "measured": self.measured,
        }


def advise(question: Question, machine: Machine, num_threads: int) -> Advice:
    """Measure a few networks of both strategies on this machine, and choose.

    Raises:
        UserError: not even the smallest network fits the budget.
    """
    regime = regime_of(question.epochs)
    first, second = strategies_of(regime)
    paths = {strategy: path(strategy, question) for strategy in (first, second)}
    speeds = open_speeds(question, [*paths[first], *paths[second]], machine, num_threads)
    chosen = largest_that_fits(paths[first], question, speeds)
    if chosen is None:
        refuse_budget(paths[first], question, speeds)
    other = largest_that_fits(paths[second], question, speeds)
    if other is None or other == chosen:
        # The paths begin alike: with little time, a smaller network is all there is beside the chosen one.
        smaller = [network for network in paths[first] if speeds.flops[network] < speeds.flops[chosen]]
        other, second = max(smaller, key=speeds.flops.__getitem__, default=None), first
    return Advice(
        question=question,
        regime=regime,
        recommended=choice(chosen, first, question, speeds),
        runner_up=choice(other, second, question, speeds) if other is not None else None,
        reasons=reasons(question, regime, chosen, paths[first]),
        measured=f"{step_in_words(speeds)}, networks measured: {len(speeds.measured)}; the data are taken to keep up",
    )


def open_speeds(question: Question, networks: list[Network], machine: Machine, num_threads: int) -> Speeds:
    """Prepare to measure networks as the recipe would build them."""
    model = recipe_for(networks[0], question).model
    return Speeds(networks, model, machine, batch_size=BATCH_SIZE[machine.device.type], num_threads=num_threads)


def largest_that_fits(networks: list[Network], question: Question, speeds: Speeds) -> Network | None:
    """Give the network of most FLOPs that fits the budget, measured; others are measured only on the way to it."""
    speeds.measure(networks[:1])
    while True:
        fitting = [network for network in networks if seconds_of(network, question, speeds) <= question.budget]
        largest = max(fitting, key=speeds.flops.__getitem__, default=None)
        if largest is None or largest in speeds.measured:
            return largest
        speeds.measure([largest])


def seconds_of(network: Network, question: Question, speeds: Speeds) -> float:
    """Predict the time of a training."""
    num_images = question.epochs * question.facts.num_images
    return OVERHEAD * num_images / speeds.images_per_second(network)


def choice(network: Network, strategy: Strategy, question: Question, speeds: Speeds) -> Choice:
    """Give a network with its time and command line."""
    return Choice(
        network=network,
        strategy=strategy,
        seconds=seconds_of(network, question, speeds),
        arguments=arguments_for(network, question),
    )


def refuse_budget(networks: list[Network], question: Question, speeds: Speeds) -> NoReturn:
    """Say what budget the smallest network would take.

    Raises:
        UserError: always.
    """
    smallest = networks[0]
    raise UserError(
        f"--budget {in_words(question.budget)}: the smallest network, {smallest}, takes about "
        f"{in_words(seconds_of(smallest, question, speeds))} for {question.epochs:g} epochs of "
        f"{question.facts.num_images:,} images here; give at least that, or fewer --epochs"
    )


def reasons(question: Question, regime: Regime, chosen: Network, networks: list[Network]) -> list[str]:
    """Say why, a sentence each, with the paper's evidence and where ours begins."""
    facts = question.facts
    lines = [WHY[regime].format(paper=PAPER)]
    if question.resolution:
        lines.append(f"{question.resolution} px was asked for")
    elif facts.is_small:
        lines.append(f"{chosen.resolution} px, because the images are no larger")
    else:
        lines.append(
            f"{chosen.resolution} px: scale the resolution slowly, as along the released networks, since beyond "
            f"{LARGEST_RESOLUTION} px it brings little ({PAPER})"
        )
    is_largest = chosen == networks[-1]
    lines.append(
        "the largest network of this strategy" if is_largest else "the largest of its path that fits the budget"
    )
    if regime == "long":
        lines.append("regularised as released, or by the size of the network where nothing is released (our rule)")
    else:
        lines.append(f"without RandAugment, dropout, stochastic depth and label smoothing, as trained there ({PAPER})")
    lines.append(
        f"the borders of the regimes, {MEDIUM_FROM_EPOCHS:g} and {LONG_FROM_EPOCHS:g} epochs, are ours, between the "
        "paper's 10, 100 and 350"
    )
    if facts.num_images < IMAGENET_IMAGES / 2:
        lines.append(
            f"the paper's evidence is from {IMAGENET_IMAGES:,} images, and warns of carrying rules over from other "
            "regimes; rs-core study scaling compares depth with width on these data"
        )
    return lines
