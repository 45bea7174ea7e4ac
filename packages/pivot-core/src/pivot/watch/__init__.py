"""Watch mode: bring stages up to date again whenever something that they depend on changes.

*Event*: the system says that something happened to a path. Events only wake: what must run is observed and decided
from the disk, exactly as ``repro`` does it, so an event that is lost or means nothing can delay and can never corrupt.

*Interest*: the paths that concern a pipeline. *Generation*: one round of plan and run; each has a workspace, a look
and worker processes of its own, and nothing of one is kept for the next. *News*: what a watch tells its user.

loop        the life of a watch: wait, plan, run
attendance  what happens while a run is under way
edits       which stages an edit affects

field       what is watched at present
interest    which paths concern a pipeline
files       the thread that hears of changes
ignore      ``.pivotignore``

messages    what reaches a watch from outside: changes, keys, requests
news        what it tells
"""
