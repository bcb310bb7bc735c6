"""The page and the values that a study leaves."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rs_core.atomic import write_text_atomically
from rs_core.study.scaling.config import ScalingConfig
from rs_core.study.scaling.draw import draw_scaling
from rs_core.study.scaling.fit import FEWEST_POINTS, LEAST_R_SQUARED, PowerLaw, power_law_of_small_networks
from rs_core.study.scaling.grid import Run
from rs_core.study.scaling.order import Flops, paths_at
from rs_core.study.scaling.published import FIGURE_3, READ_OFF_ACCURACY
from rs_core.study.scaling.regularization import assumptions
from rs_core.study.scaling.results import Result
from rs_core.study.scaling.winners import LARGEST_RATIO, Comparison, compare_paths
from rs_core.study.summary import in_words

PITFALLS = """\
The paper names two pitfalls of rules like these: they do not carry over from small networks and short trainings to
large networks and long ones, and not from one start, which may be a bad one, to others. A winner holds for the epochs,
the resolution and the start that its line names; before a long training, compare at its length."""


@dataclass(frozen=True, kw_only=True)
class Study:
    """What a study has found so far.

    Args:
        config: of the study.
        results: of all points that are finished.
        laws: the power law for each number of epochs; nothing where none holds.
        comparisons: of depth with width.
        left_out: runs that did not fit the budget.
        step: what the measured training step is.
        num_held_out: images that judge.
        seconds: that this command took.
    """

    config: ScalingConfig
    results: Sequence[Result]
    laws: dict[float, PowerLaw | None]
    comparisons: Sequence[Comparison]
    left_out: Sequence[Run]
    step: str
    num_held_out: int
    seconds: float


def conclude(
    config: ScalingConfig,
    results: Sequence[Result],
    left_out: Sequence[Run],
    flops: Flops,
    *,
    step: str,
    num_held_out: int,
    seconds: float,
) -> Study:
    """Fit the power laws and compare depth with width."""
    laws = {
        epochs: power_law_of_small_networks([(r.flops, r.error) for r in results if r.point.epochs == epochs])
        for epochs in sorted({result.point.epochs for result in results})
    }
    errors = {result.point: result.errors for result in results}
    return Study(
        config=config,
        results=results,
        laws=laws,
        comparisons=compare_paths(config.axes, errors, flops, num_held_out),
        left_out=left_out,
        step=step,
        num_held_out=num_held_out,
        seconds=seconds,
    )


def write_report(study: Study) -> None:
    """Write ``report.md``, ``result.json``, ``scaling.png`` and ``scaling.svg``."""
    out = Path(study.config.out)
    for suffix in (".png", ".svg"):
        draw_scaling(study.results, study.laws, (out / "scaling").with_suffix(suffix), study.step)
    write_text_atomically(out / "result.json", json.dumps(values(study), indent=2) + "\n")
    write_text_atomically(out / "report.md", page(study))


def values(study: Study) -> dict[str, Any]:
    """Give all that was found as plain values."""
    config = study.config
    return {
        "results": [result.as_dict() for result in study.results],
        "power_laws": [{"epochs": epochs, "law": law and law.as_dict()} for epochs, law in study.laws.items()],
        "comparisons": [comparison.as_dict() for comparison in study.comparisons],
        "left_out": [{"seed": run.seed, "run": str(run.point)} for run in study.left_out],
        "assumptions": assumptions(config.base_recipe, config.regularize_from),
        "step": study.step,
        "num_held_out": study.num_held_out,
        "seconds": round(study.seconds, 1),
    }


def page(study: Study) -> str:
    """Write the page."""
    config = study.config
    seeds = "one seed" if config.seeds == 1 else f"mean ± standard deviation of up to {config.seeds} seeds"
    return f"""# Scaling on {config.data.trained_on}

## Depth or width, at equal cost

{verdict_lines(study)}

{comparison_table(study.comparisons)}

Each wider network stands beside the deeper one whose FLOPs are nearest, at most a factor {LARGEST_RATIO} away; both
start from {start_in_words(config)}. Errors are in per cent of {study.num_held_out} held-out images, {seeds}. A tie is a
difference of at most its noise: one standard error, of that many images or over the seeds, whichever is larger.

{PITFALLS}

## What the paper found

{published_table()}

Read off its figure 3, ImageNet top-1 in per cent, good to about {READ_OFF_ACCURACY}; ResNet-101 of width 1 made deeper
(300 layers) or wider (width 2), which take about the same time. Its two strategies: scale depth where overfitting can
occur, as in 350 epochs, and width in short trainings; and scale the resolution slowly, because beyond 320 px it brings
little.

## Error and cost

{law_lines(study)}

![error against FLOPs and time](scaling.png)

{result_table(study.results)}

FLOPs are of one image, two for each multiply-add. The time is that of {study.step}.

## Left out

{left_out(study)}

## What is known of the paper's study, and what is assumed

{chr(10).join(f"* {line}" for line in assumptions(config.base_recipe, config.regularize_from))}
"""


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Give a table in Markdown."""
    return "\n".join(f"| {' | '.join(line)} |" for line in (header, ["---"] * len(header), *rows))


def comparison_table(comparisons: Sequence[Comparison]) -> str:
    """Give a line for each comparison."""
    if not comparisons:
        return "No pair of networks of equal cost is finished; a larger budget, or other axes, would bring one."
    rows = [
        [
            f"{c.epochs:g}",
            f"{c.deeper.resolution}",
            f"depth {c.deeper.depth}, width {c.deeper.width:g}",
            f"{c.deeper_error:.2f}",
            f"depth {c.wider.depth}, width {c.wider.width:g}",
            f"{c.wider_error:.2f}",
            f"{c.flops_ratio:.2f}",
            f"{c.noise:.2f}",
            c.winner,
        ]
        for c in comparisons
    ]
    header = ["epochs", "px", "deeper", "error", "wider", "error", "FLOPs, deeper / wider", "noise", "wins"]
    return table(header, rows)


def verdict_lines(study: Study) -> str:
    """Count for each number of epochs what wins."""
    lines = []
    for epochs in study.laws:
        winners = [comparison.winner for comparison in study.comparisons if comparison.epochs == epochs]
        counts = ", ".join(f"{winners.count(name)} x {name}" for name in ("depth", "width", "tie"))
        lines.append(f"* {epochs:g} epochs: {counts}.")
    return "\n".join(lines)


def start_in_words(config: ScalingConfig) -> str:
    """Say which network is made deeper and wider."""
    base = paths_at(config.axes, config.axes.resolutions[0]).base
    return f"depth {base.depth} and width {base.width:g} at the same resolution"


def published_table() -> str:
    """Give the paper's comparison."""
    rows = [
        [f"{r.epochs}", f"{r.resolution}", f"{r.base:.1f}", f"{r.deeper:.2f}", f"{r.wider:.2f}", r.winner]
        for r in FIGURE_3
    ]
    return table(["epochs", "px", "depth 101, width 1", "depth 300", "width 2", "wins"], rows)


def law_lines(study: Study) -> str:
    """Say for each number of epochs where error follows a power law of FLOPs."""
    return "\n".join(f"* {law_in_words(study, epochs)}" for epochs in study.laws)


def law_in_words(study: Study, epochs: float) -> str:
    """Say where the power law holds, or that it does not."""
    law = study.laws[epochs]
    num_points = sum(result.point.epochs == epochs for result in study.results)
    if law is None:
        return (
            f"{epochs:g} epochs: no power law holds: no {FEWEST_POINTS} or more of the smallest of {num_points} "
            f"networks lie on a falling line with R² of at least {LEAST_R_SQUARED}."
        )
    reach = "all" if law.num_points == num_points else f"the {law.num_points} smallest of {num_points}"
    return (
        f"{epochs:g} epochs: error = {law.coefficient:.4g} · FLOPs^{law.exponent:.3f} over {reach} networks, "
        f"{law.smallest:.3g} to {law.largest:.3g} FLOPs (R² {law.r_squared:.3f}; the most with at least "
        f"{LEAST_R_SQUARED})."
    )


def result_table(results: Sequence[Result]) -> str:
    """Give a line for each point."""
    rows = [
        [
            f"{r.point.epochs:g}",
            f"{r.network.resolution}",
            f"{r.network.depth}",
            f"{r.network.width:g}",
            f"{r.num_parameters:,}",
            f"{r.flops / 1e6:,.1f}",
            f"{r.step_ms:.1f}" if r.step_ms else "-",
            in_words(r.errors),
        ]
        for r in results
    ]
    return table(["epochs", "px", "depth", "width", "parameters", "MFLOPs", "step, ms", "error, %"], rows)


def left_out(study: Study) -> str:
    """List the runs that did not fit the budget."""
    if not study.left_out:
        return "Nothing: the whole grid is here."
    lines = [f"* {run.point}" + (f", seed {run.seed}" if study.config.seeds > 1 else "") for run in study.left_out]
    head = f"{len(lines)} runs did not fit a budget of {study.config.budget}; the same command with more goes on:"
    return "\n".join([head, "", *lines])
