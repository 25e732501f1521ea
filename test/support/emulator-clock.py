"""Runs the AWS emulator on a clock that tests may move on: so many seconds ahead as EMULATOR_CLOCK_FILE says."""
import os
import time

FILE = os.environ["EMULATOR_CLOCK_FILE"]
REAL = time.time


def ahead() -> float:
    try:
        with open(FILE, encoding="ascii") as file:
            return float(file.read() or "0")
    except FileNotFoundError:
        return 0.0


time.time = lambda: REAL() + ahead()

from ministack.app import main  # noqa: E402  (must see the clock above)

main()
