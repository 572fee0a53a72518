"""Starts MiniStack; run by the Python of .venv-lambda, which has MiniStack and what AWS's own Lambda runtime has.

Argument: the site-packages of .venv. MiniStack expands SAM templates with the translator found there; its Lambdas
start as processes of their own and do not see it, so they prove that the layers hold all they need.
"""

# pyright: basic, reportMissingImports=false

import logging
import sys

sys.path.append(sys.argv.pop(1))

from aws_differences import repair
from ministack.app import main
from one_machine import fit

logging.getLogger("persistence").setLevel(logging.WARNING)  # it tells of each of 90 services
repair()
fit()
main()
