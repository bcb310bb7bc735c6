"""Depth from one picture on NYU Depth v2: an encoder-decoder in mmsegmentation."""

import rs_transfer.mm  # noqa: F401  # comes before mmseg
