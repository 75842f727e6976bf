"""How a run ends when it does not succeed: an exit code, and one sentence that says what to do."""

from dataclasses import dataclass

from trainjob_contract.exit_codes import InitializerExitCode


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing, or not everything, was downloaded."""

    code: InitializerExitCode
    sentence: str
