"""Files from official addresses, kept in a cache: resumed, checked, and used offline."""

from rs_core.weights.download.archive import fetch_archive
from rs_core.weights.download.cache import cache_folder, cached_path
from rs_core.weights.download.file import fetch
from rs_core.weights.download.locate import locate_published, published_state

__all__ = ["cache_folder", "cached_path", "fetch", "fetch_archive", "locate_published", "published_state"]
