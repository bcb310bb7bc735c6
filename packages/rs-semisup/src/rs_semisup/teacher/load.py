"""The door to all teachers."""

from pathlib import Path

from rs_core.cli.trained import load_classifier
from rs_core.data.imagenet_classes import imagenet_class_names, imagenet_wordnet_ids
from rs_core.data.index.store import read_description
from rs_core.errors import UserError
from rs_core.train.classify import shown
from rs_semisup.teacher.teacher import Teacher
from rs_semisup.teacher.timm_teacher import TIMM, load_timm_teacher


def load_teacher(name: str, checkpoint: str = "") -> Teacher:
    """Load a teacher, on the CPU and in eval mode.

    Args:
        name: what ``rs_core.load_pretrained`` takes: a run directory, a file of weights, a published name; or
            ``timm:NAME`` for a network of timm.
        checkpoint: weights of a network of timm; empty for those that timm publishes, which it downloads.

    Raises:
        UserError: there is no such teacher, its weights cannot be read or do not fit, or it does not classify images.
    """
    if name.startswith(TIMM):
        return load_timm_teacher(name, checkpoint)
    if checkpoint:
        raise UserError(f"--teacher_checkpoint goes with --teacher {TIMM}NAME; leave it out, {name} holds its weights")
    trained = load_classifier(name)
    return Teacher(
        name=name,
        architecture=repr(trained.model.config),
        model=trained.model,
        preprocessing=trained.preprocessing,
        class_names=trained.class_names,
    )


def refuse_other_classes(teacher: Teacher, *, num_classes: int, classes_of: str) -> None:
    """Refuse a teacher that does not know the classes that the student is to learn.

    Args:
        teacher: the one to look at; one without names for its classes, which calls them by numbers, is only counted.
        num_classes: how many it must know; 0 for any number.
        classes_of: folder of a labelled index whose classes it must know; empty for any. ImageNet's are known to
            teachers by name and in a data set by WordNet id.

    Raises:
        UserError: saying how they differ.
    """
    found = teacher.class_names
    if num_classes and len(found) != num_classes:
        raise UserError(
            f"{teacher.name}: knows {len(found):,} classes, not {num_classes:,}; "
            "give a teacher of the student's classes"
        )
    if not classes_of:
        return
    wanted = read_description(Path(classes_of)).class_names
    are_numbers = found == tuple(map(str, range(len(found))))
    alike = {wanted, imagenet_class_names()} if wanted == imagenet_wordnet_ids() else {wanted}
    if len(found) != len(wanted) or not (are_numbers or found in alike):
        raise UserError(
            f"{teacher.name}: knows {len(found):,} classes ({shown(found)}), and {classes_of} has {len(wanted):,} "
            f"({shown(wanted)}); give a teacher that was trained on its classes"
        )
