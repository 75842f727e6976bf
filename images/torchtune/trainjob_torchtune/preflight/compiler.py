"""compile=True needs a compiler: the recipe finds out at its first step, after minutes of loading."""

import os
import shutil

from trainjob_torchtune.refusal import Refusal
from trainjob_torchtune.run.training import Training


def check_compiler(training: Training) -> Refusal | None:
    """Look for what torch compiles kernels with: C++ for the CPU, C for what triton drives a GPU with.

    torch/_inductor/cpp_builder.py and triton/runtime/build.py, which look for these programs.
    """
    on_cpu = not training.device.startswith("cuda")
    language, variable, programs = ("C++", "CXX", ("g++",)) if on_cpu else ("C", "CC", ("gcc", "clang"))
    named = os.environ.get(variable)
    if not training.is_compiled or any(map(shutil.which, (named,) if named else programs)):
        return None
    return Refusal(
        f"compile=True needs a {language} compiler ({named or ' or '.join(programs)}), which this image does not have: "
        "set compile=False."
    )
