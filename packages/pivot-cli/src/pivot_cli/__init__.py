"""The ``pivot`` command: words on a terminal, and nothing that another front end would need as well.

Glossary, in the order in which a command meets it:

- *boundary*: the one place that turns an error into a message and an exit code.
- *session*: what the global options say, and the terminal that this command writes to.
- *wiring*: the one place that joins core with executors and stores.
- *rendering*: from the events of a run to lines; a *report* is the same run as JSON.
- *explanation*: a decision and its reasons, in full; ``words`` has them in short.
- *live line*: the line that moves while a stage takes longer than a second.
"""

from pivot_cli.main import run

__version__ = "0.1.0"

__all__ = ["run"]
