"""What a reviewer sends."""

from pydantic import Field

from dealreg.platform.validation import Input
from dealreg.reviewing.matches import MatchVerdict


class MatchVerdictInput(Input):
    """How a deal and one of its matches are related."""

    verdict: MatchVerdict = Field(strict=False)
