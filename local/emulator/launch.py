"""Starts MiniStack; run by the Python of .venv-lambda, which has MiniStack and what AWS's own Lambda runtime has.

Argument: the site-packages of .venv. MiniStack expands SAM templates with the translator found there; its Lambdas
start as processes of their own and do not see it, so they prove that the layers hold all they need.

It stops, as on SIGTERM, when its standard input ends: when whoever started it does, `kill -9` or not.
"""

# pyright: basic, reportMissingImports=false

import logging
import os
import signal
import sys
import threading

sys.path.append(sys.argv.pop(1))

from aws_differences import repair
from busy import tell_what_is_busy
from keeping import keep
from ministack.app import main
from one_machine import fit

logging.getLogger("persistence").setLevel(logging.WARNING)  # it tells of each of 90 services


def _stop_with_who_started_us() -> None:
    while os.read(0, 1):  # not by way of sys.stdin, whose lock would be held when Python ends
        pass
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=_stop_with_who_started_us, daemon=True).start()
repair()
fit()
keep()
tell_what_is_busy()
main()
