"""``python -m rs_transfer`` and the console script ``rs-transfer``."""

from rs_transfer.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
