"""A few scenes, as composed and as written."""

import pytest

import rs_transfer.mm  # noqa: F401  # comes before mmdet and mmseg
from rs_transfer.scenes import Scenes, write_scenes
from rs_transfer.scenes.voc import Named
from rs_transfer.scenes.write import SIZE_PX, draw

SEED = 7
NUM_TRAIN, NUM_TEST = 6, 4


@pytest.fixture(scope="session")
def composed() -> dict[str, list[Named]]:
    """The scenes of each list, with their names."""
    return {
        "2007 trainval": draw("train", 2007, NUM_TRAIN, SIZE_PX, SEED),
        "2007 test": draw("test_2007", 2007, NUM_TEST, SIZE_PX, SEED),
        "2012 train": draw("train", 2012, NUM_TRAIN, SIZE_PX, SEED),
        "2012 val": draw("test_2012", 2012, NUM_TEST, SIZE_PX, SEED),
    }


@pytest.fixture(scope="session")
def scenes(tmp_path_factory) -> Scenes:
    """The same, written in all formats."""
    folder = tmp_path_factory.mktemp("scenes") / "written"
    return write_scenes(folder, num_train=NUM_TRAIN, num_test=NUM_TEST, seed=SEED)
