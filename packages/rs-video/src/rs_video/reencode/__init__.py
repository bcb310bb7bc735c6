"""Writing videos anew so that random clips of them cost less to decode."""

from rs_video.reencode.config import ReencodeConfig
from rs_video.reencode.folder import ReencodeSummary, reencode_folder

__all__ = ["ReencodeConfig", "ReencodeSummary", "reencode_folder"]
