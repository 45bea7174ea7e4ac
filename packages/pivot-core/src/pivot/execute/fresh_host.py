"""A host that was just started. Apart from ``host_process``, so that it starts while what talks to it is imported."""

import os

from pivot.execute.interpreter import ANEW, Starter


class FreshHost:
    """The process and the pipes that lead to it: ``events`` and ``printed`` come from it, ``commands`` go there.

    It ends once ``commands`` is closed, ``held`` too. Raises OSError when no process can be started.
    """

    def __init__(self, starter: Starter = ANEW) -> None:
        self.printed, prints = os.pipe()
        commands, self.commands = os.pipe()
        self.events, events = os.pipe()
        alive, self.held = os.pipe()
        null = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        try:
            code = "import gc; gc.disable(); from pivot.execute.host import main; main()"  # imports make no garbage
            self.pid = starter.start(code, (null, prints, prints, commands, events, alive), session=True)
        except OSError:
            for one in (self.commands, self.events, self.held, self.printed):
                os.close(one)
            raise
        finally:
            for one in (null, prints, commands, events, alive):
                os.close(one)
