"""Names of columns and species."""

import re


def snake_case(title: str) -> str:
    """Turn ``Culmen Length (mm)`` into ``culmen_length_mm``."""
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")


def short_species(name: str) -> str:
    """Turn ``Adelie Penguin (Pygoscelis adeliae)`` into ``Adelie``."""
    return name.split()[0]
