"""Running stages: the border to whatever executes them, and the executor of this machine.

executor       the border: WorkOrder in, Output and Result out, Failure, the protocol Executor
local          LocalExecutor, the executor of this machine, in the coordinator's process
fresh_host     starting a host, with the pipes to it
host_process   the host as the coordinator holds it
verdict        how a stage ended, in words

host           the process that imports the pipeline once and has one process made for each stage
launcher       making these processes
supervisor     looking after them
task           one stage's process as the host sees it
live           the imported pipeline
forking        whether that process may be forked
log            the file that keeps what a stage prints

child          the process of one stage
stage          running one stage: load, call, save, check
blame          from an exception to what people are shown

warm            processes kept ready for a watch: in the coordinator's process
nursery_process the warm server as the coordinator holds it
nursery         the warm server: imports libraries, and forks
trial           what a pipeline imports besides
preloaded       what a forked process found imported

wire           how these processes talk
interpreter    starting another Python
descendants    what the kernel must do for them
"""
