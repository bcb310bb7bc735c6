"""``python -m rs_video`` and the console script ``rs-video``."""

from rs_video.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
