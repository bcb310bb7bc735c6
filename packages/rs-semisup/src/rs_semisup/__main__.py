"""``python -m rs_semisup`` and the console script ``rs-semisup``."""

from rs_semisup.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
