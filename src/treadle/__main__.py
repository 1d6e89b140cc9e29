"""``python -m treadle``: the same as the command ``treadle``."""

from treadle.cli import main

if __name__ == "__main__":
    main(prog_name="treadle")
