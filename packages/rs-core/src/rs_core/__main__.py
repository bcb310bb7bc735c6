"""``python -m rs_core`` and the console script ``rs-core``."""

from rs_core.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
