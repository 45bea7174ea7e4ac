"""Constants, and values that are read while the module is imported."""

import enum
import os
from pathlib import Path


class Unit(enum.Enum):
    METRE = 1
    FOOT = "ft"


HERE = Path(__file__).parent
RATE = 10 ** -len(Unit)
WORDS = (HERE / "words.txt").read_text().split()
HOME = os.environ.get("SAMPLE_HOME")
