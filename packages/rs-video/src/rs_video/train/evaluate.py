"""Exact accuracy over views: every held-out video once, whatever the number of ranks."""

import sys
from collections.abc import Iterable, Iterator

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rs_core.data.index import SampleIndex
from rs_core.data.preprocessing import Preprocessing
from rs_core.errors import UserError
from rs_core.train.ranks import ALONE, Ranks
from rs_video.clips import ClipConfig
from rs_video.data.views import VideoViews, ViewConfig, eval_views
from rs_video.decode import Decoder
from rs_video.train.pixels import normalize


def evaluate_on_index(
    model: nn.Module,
    index: SampleIndex,
    *,
    preprocessing: Preprocessing,
    clip: ClipConfig,
    views: ViewConfig,
    device: torch.device,
    num_workers: int,
    views_per_pass: int,
    decoder: Decoder = "auto",
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """Judge a model in eval mode on every row of an index, which the ranks share.

    Gives ``val/top1`` and ``val/top5`` in per cent of the softmax averaged over the views of a video, ``val/loss`` of
    the same average, ``val/num_videos``, and ``val/num_skipped``: videos that cannot be read are named on stderr.

    Raises:
        UserError: a row without a label, or an index that no longer fits its files.
    """
    first, last = (len(index) * rank // ranks.num_ranks for rank in (ranks.rank, ranks.rank + 1))
    videos = eval_views(
        index, rows=range(first, last), clip=clip, views=views, num_workers=num_workers, decoder=decoder
    )
    num_skipped = 0

    def readable() -> Iterator[VideoViews]:
        nonlocal num_skipped
        for video in videos:
            if video.skipped is not None:
                num_skipped += 1
                print(f"left out: {video.skipped.file}: {video.skipped.reason}", file=sys.stderr)
            elif video.label < 0:
                raise UserError(f"{index.name(video.row)}: has no label; index the videos with labels")
            else:
                yield video

    figures = evaluate_videos(
        model,
        readable(),
        preprocessing=preprocessing,
        resolution=views.resolution,
        device=device,
        views_per_pass=views_per_pass,
        ranks=ranks,
    )
    return {**figures, "val/num_skipped": float(ranks.sum(torch.tensor(num_skipped, device=device)))}


@torch.inference_mode()
def evaluate_videos(
    model: nn.Module,
    videos: Iterable[VideoViews],
    *,
    preprocessing: Preprocessing,
    resolution: int,
    device: torch.device,
    views_per_pass: int,
    ranks: Ranks = ALONE,
) -> dict[str, float]:
    """Give the figures of ``evaluate_on_index`` for videos of this rank.

    Sums are kept in float64 on the ``device``. With fewer than six classes top-5 is 100 by definition.
    """
    totals = torch.zeros(4, dtype=torch.float64, device=device)
    for video in videos:
        mean = average_over_views(model, video, preprocessing, resolution, device, views_per_pass)
        ranked = mean.topk(min(5, len(mean))).indices
        hits = ranked == video.label
        loss = F.nll_loss(mean.log(), torch.tensor(video.label, device=device))
        totals += torch.stack([hits[0].double(), hits.any().double(), loss.double(), totals.new_ones(())])
    top1, top5, loss_sum, count = ranks.sum(totals).tolist()
    if not count:
        return {"val/num_videos": 0.0}
    return {
        "val/top1": 100 * top1 / count,
        "val/top5": 100 * top5 / count,
        "val/loss": loss_sum / count,
        "val/num_videos": count,
    }


def average_over_views(
    model: nn.Module,
    video: VideoViews,
    preprocessing: Preprocessing,
    resolution: int,
    device: torch.device,
    views_per_pass: int,
) -> Tensor:
    """Give the class probabilities [num_classes] of a video, float64: the softmax of each view, averaged."""
    total = torch.zeros((), dtype=torch.float64, device=device)
    # One copy to the device; views overlap, and are cut there.
    video = video._replace(frames=video.frames.to(device), clips=video.clips.to(device))
    for start in range(0, video.num_views, views_per_pass):
        views = range(start, min(start + views_per_pass, video.num_views))
        logits = model(normalize(video.cut(views, resolution), preprocessing)).float()
        total = total + logits.softmax(1).double().sum(0)
    return total / video.num_views
