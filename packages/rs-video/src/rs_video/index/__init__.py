"""The index of a set of videos: where each is, its label, and how many frames it has."""

from rs_video.index.build import VideoIndexConfig, build_video_index
from rs_video.index.columns import COLUMNS
from rs_video.index.open import open_video_index, video_source
from rs_video.index.summary import VideoIndexSummary

__all__ = ["COLUMNS", "VideoIndexConfig", "VideoIndexSummary", "build_video_index", "open_video_index", "video_source"]
