"""Accuracy over views: softmax averaged, each video once, whatever the passes and ranks."""

import shutil

import numpy as np
import pytest
import torch
from torch import nn

from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.train.ranks import Ranks
from rs_video.clips import ClipConfig
from rs_video.data.views import VideoViews, ViewConfig, eval_views
from rs_video.index import VideoIndexConfig, build_video_index, open_video_index
from rs_video.train.evaluate import average_over_views, evaluate_on_index, evaluate_videos

UNIT = Preprocessing(resolution=32, mean=(0.0, 0.0, 0.0), std=(1.0, 1.0, 1.0))
CLIP = ClipConfig(num_frames=4, frame_stride=2)
VIEWS = ViewConfig(num_clips=3, num_crops=3, short_side=40, resolution=32)
CPU = torch.device("cpu")


class SeesTheTrend(nn.Module):
    """Says "brighter" as far as the last frame is brighter than the first."""

    def forward(self, clips):
        trend = clips.mean((1, 3, 4)).diff(dim=1).sum(1) * 10
        return torch.stack([trend, -trend], dim=1)


def judge(index, model=None, views_per_pass=4, **options):
    settings = {"preprocessing": UNIT, "clip": CLIP, "views": VIEWS, "device": CPU, "num_workers": 0}
    return evaluate_on_index(model or SeesTheTrend(), index, views_per_pass=views_per_pass, **settings | options)


def test_every_video_counts_once(train_index):
    figures = judge(train_index)
    assert figures["val/num_videos"] == 12
    assert figures["val/top1"] == 100
    assert figures["val/top5"] == 100
    assert figures["val/num_skipped"] == 0
    assert 0 < figures["val/loss"] < 0.5


@pytest.mark.parametrize("views_per_pass", [1, 2, 9, 100])
def test_the_number_of_views_in_a_pass_changes_nothing(train_index, views_per_pass):
    assert judge(train_index, views_per_pass=views_per_pass) == pytest.approx(judge(train_index), rel=1e-6)


def test_the_softmax_is_averaged_not_the_logits(train_index):
    (video,) = eval_views(train_index, rows=range(1), clip=CLIP, views=VIEWS, num_workers=0)

    class OneViewIsSure(nn.Module):
        def forward(self, clips):
            sure = torch.zeros(len(clips), 2)
            sure[0, 1] = 100.0
            sure[1:, 0] = 1.0
            return sure

    mean = average_over_views(OneViewIsSure(), video, UNIT, 32, CPU, views_per_pass=9)
    of_the_others = float(torch.tensor([1.0, 0.0]).softmax(0)[0])
    # The logits together would say class 1, sure as one view is.
    np.testing.assert_allclose(mean, [8 / 9 * of_the_others, 1 - 8 / 9 * of_the_others], rtol=1e-6)


def test_ranks_share_the_videos_and_sum_what_they_counted(train_index):
    rows_of = []
    counted = []

    class Rank(Ranks):
        def sum(self, values):
            counted.append(values)
            return values

    for rank in range(5):
        ranks = Rank(rank=rank, num_ranks=5)
        judge(train_index, ranks=ranks)
        rows_of.append(int(counted[-2][3]))
    assert sum(rows_of) == 12
    assert max(rows_of) - min(rows_of) <= 1


def test_top_5_counts_the_five_likeliest():
    class AlwaysTheSame(nn.Module):
        def forward(self, clips):
            return torch.arange(8.0).expand(len(clips), 8)

    views = (torch.zeros(4, 32, 32, 3, dtype=torch.uint8), torch.arange(4)[None], torch.zeros(1, 2, dtype=torch.int64))
    videos = [VideoViews(*views, label, label) for label in range(8)]
    figures = evaluate_videos(AlwaysTheSame(), videos, preprocessing=UNIT, resolution=32, device=CPU, views_per_pass=1)
    assert figures["val/top1"] == pytest.approx(100 / 8)
    assert figures["val/top5"] == pytest.approx(500 / 8)


def test_a_video_that_cannot_be_read_is_named_and_counted(video_root, tmp_path, capsys):
    shutil.copytree(video_root / "val", tmp_path / "val")
    build_video_index(tmp_path / "val", tmp_path / "index")
    (tmp_path / "val/darker/0.mp4").unlink()
    figures = judge(open_video_index(tmp_path / "index"))
    assert (figures["val/num_videos"], figures["val/num_skipped"]) == (5, 1)
    assert "darker/0.mp4" in capsys.readouterr().err


def test_videos_without_labels_are_refused(video_root, tmp_path):
    build_video_index(video_root / "val", tmp_path / "index", VideoIndexConfig(with_labels=False))
    with pytest.raises(UserError, match=r"mp4: has no label; index the videos with labels"):
        judge(open_video_index(tmp_path / "index"))
