"""Working with pytorchvideo 0.1.5: its data sets on our index, its clip samplers for our readers, its models as ours.

Nothing here imports pytorchvideo: what comes in is an object of its, and what goes out is plain lists, frame numbers
and tensors. Its ``pytorchvideo.transforms`` does not import beside a current torchvision, and is not needed.
"""

from rs_video.interop.backbone import PytorchvideoBackbone
from rs_video.interop.clip_sampler import sample_clips
from rs_video.interop.labeled_paths import labeled_video_paths

__all__ = ["PytorchvideoBackbone", "labeled_video_paths", "sample_clips"]
