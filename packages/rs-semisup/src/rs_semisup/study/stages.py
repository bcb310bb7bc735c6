"""The stages of the study for one seed: digits, teacher, labels and selection, students."""

import json
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from rs_core.errors import UserError
from rs_core.recipes import Recipe
from rs_core.train.config import DataConfig, LoopConfig, RunConfig, train_config
from rs_core.train.loop import train
from rs_semisup.joint.config import JointDataConfig, joint_train_config
from rs_semisup.label.config import LabelConfig
from rs_semisup.label.run import label
from rs_semisup.recipes import SemisupRecipe, get_semisup_recipe
from rs_semisup.select.config import SelectConfig
from rs_semisup.select.selection import select
from rs_semisup.study.digits import Digits, write_digits
from rs_semisup.study.variants import Variant

RECIPE = "resnet_rs_50_i160_semisup_laptop"
NUM_CLASSES = 10
NUM_STEPS = 400
NEVER = 1e9

# About as many of each digit as there are without a label.
PER_CLASS = 140


@dataclass(frozen=True, kw_only=True)
class Seed:
    """The runs of one seed, in a folder of their own.

    Teacher and students take the same number of steps with batches of the same number of images: a student's are one
    quarter labelled, the teacher's are all labelled.
    """

    folder: Path
    seed: int
    labels_per_class: int
    threshold: float
    device: str

    @property
    def digits(self) -> Digits:
        """Where the images are, once they are written."""
        return Digits.below(self.folder / "digits")

    @property
    def teacher(self) -> Path:
        """The run on labelled images alone."""
        return self.folder / "labelled-only"

    @property
    def predictions(self) -> Path:
        """What the teacher says of the others."""
        return self.folder / "predictions"

    @property
    def selected(self) -> Path:
        """The index of those that were chosen."""
        return self.folder / "selected"

    def train_teacher(self) -> float:
        """Write the digits and train on the labelled ones alone; give the top-1 in per cent."""
        write_digits(self.folder / "digits", labels_per_class=self.labels_per_class, seed=self.seed)
        joint = get_semisup_recipe(RECIPE)
        recipe = self.recipe(images_per_step=joint.batch_size * (1 + joint.joint.ratio))
        supervised = Recipe(**{field.name: getattr(recipe, field.name) for field in fields(Recipe)})
        return self.top1_of(train_config(supervised, DataConfig(**self.data), self.run_config(self.teacher)))

    def label_and_select(self) -> str:
        """Let the teacher label all other images, and select; say in words how many were kept."""
        with self.log("selection.txt"):
            label(self.label_config())
            chosen = select(self.select_config())
        return str(chosen)

    def train_student(self, student: Variant) -> float:
        """Train on both kinds of images; give the top-1 in per cent."""
        recipe = student.applied_to(self.recipe(images_per_step=get_semisup_recipe(RECIPE).batch_size))
        data = JointDataConfig(**self.data, pseudo_index=str(self.selected))
        return self.top1_of(joint_train_config(recipe, data, self.run_config(self.folder / student.folder)))

    def recipe(self, *, images_per_step: int) -> SemisupRecipe:
        """Give the recipe of ``NUM_STEPS`` steps with so many labelled images."""
        recipe = get_semisup_recipe(RECIPE)
        epochs = NUM_STEPS * images_per_step / (NUM_CLASSES * self.labels_per_class)
        schedule = replace(recipe.schedule, warmup_epochs=epochs / 10)
        return replace(recipe, batch_size=images_per_step, epochs=epochs, schedule=schedule)

    def run_config(self, folder: Path) -> RunConfig:
        """Give how a run uses the machine; it is judged at its end alone."""
        return RunConfig(
            directory=str(folder), device=self.device, seed=self.seed, evaluate_every=NEVER, checkpoint_every=NEVER
        )

    @property
    def data(self) -> dict[str, Any]:
        """The labelled and the held-out images."""
        return {"train_index": str(self.digits.labelled), "val_index": str(self.digits.held_out), "num_workers": 0}

    def label_config(self) -> LabelConfig:
        """Give how the teacher labels: all classes of each image are kept."""
        return LabelConfig(
            teacher=str(self.teacher),
            index=str(self.digits.unlabelled),
            out=str(self.predictions),
            top_k=0,
            device=self.device,
            num_workers=0,
        )

    def select_config(self) -> SelectConfig:
        """Give how images are chosen: those that the teacher is certain of, equally many of each digit."""
        return SelectConfig(
            predictions=self.predictions,
            index=self.digits.unlabelled,
            out=self.selected,
            threshold=self.threshold,
            per_class=PER_CLASS,
            labelled=self.digits.labelled,
            held_out=(self.digits.held_out,),
            seed=self.seed,
            num_workers=1,
        )

    def top1_of(self, config: LoopConfig) -> float:
        """Train, and give what ``result.json`` says.

        Raises:
            UserError: the run was stopped.
        """
        with self.log(f"{Path(config.run.directory).name}.txt"):
            directory = train(config)
        try:
            result = json.loads((directory / "result.json").read_text())
        except FileNotFoundError:
            raise UserError(f"{directory}: stopped before its end, and so is the study; start it anew") from None
        return float(result["val/top1"])

    @contextmanager
    def log(self, name: str) -> Iterator[None]:
        """Put what a stage prints into a file beside its run."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / name).open("a") as file, redirect_stdout(file):
            yield
