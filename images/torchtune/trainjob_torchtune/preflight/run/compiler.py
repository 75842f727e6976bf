"""compile=True needs a compiler: the recipe finds out at its first step, after minutes of loading."""

import os
import shutil

from trainjob_torchtune.run.training import Training
from trainjob_torchtune.violation import Violation


def check_compiler(training: Training) -> Violation | None:
    """Look for what torch compiles kernels with: C++ for the CPU, C for what triton drives a GPU with.

    torch/_inductor/cpp_builder.py and triton/runtime/build.py, which look for these programs.
    """
    on_cpu = not training.device.startswith("cuda")
    language, variable, programs = ("C++", "CXX", ("g++",)) if on_cpu else ("C", "CC", ("gcc", "clang"))
    named = os.environ.get(variable)
    if not training.is_compiled or any(map(shutil.which, (named,) if named else programs)):
        return None
    return Violation(
        f"compile=True needs a {language} compiler ({named or ' or '.join(programs)}), which this image does not have: "
        "set compile=False."
    )
