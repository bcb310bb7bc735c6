"""3D ResNet-RS on video: decoding, clips, the recipe of Kinetics-400, and evaluation over many views."""

from rs_video._version import __version__

__all__ = ["__version__"]
