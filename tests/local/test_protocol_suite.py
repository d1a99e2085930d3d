"""The kernel protocol's public suite, jupyter_kernel_test, on ``spark-local``: without a server, as consoles start kernels."""

from __future__ import annotations

from typing import Any
from unittest import mock

import jupyter_kernel_test  # type: ignore[import-untyped]
import pytest


# Its client leaves sockets to the garbage collector.
@pytest.mark.filterwarnings("default")
class TestSparkLocal(jupyter_kernel_test.KernelTests):  # type: ignore[misc]
    """Samples as ipykernel's own use of the suite has them."""

    # ruff: noqa: RUF012 - the suite's own form
    kernel_name = "spark-local"
    language_name = "python"
    file_extension = ".py"

    code_hello_world = "print('hello, world')"
    code_stderr = "import sys; print('test', file=sys.stderr)"
    code_page_something = "zip?"
    code_generate_error = "raise ValueError('no stars')"
    code_execute_result = [{"code": "1+2+3", "result": "6"}, {"code": "print(6*7); 'a'", "result": "'a'"}]
    code_display_data = [
        {"code": "from IPython.display import HTML, display; display(HTML('<b>test</b>'))", "mime": "text/html"},
        {"code": "from IPython.display import Math, display; display(Math('\\\\frac{1}{2}'))", "mime": "text/latex"},
    ]
    code_inspect_sample = "zip"
    code_clear_output = "from IPython.display import clear_output; clear_output()"
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "search")  # IPython numbers the current session 0 in a range
    completion_samples = [{"text": "zi", "matches": {"zip"}}, {"text": "range(3).ind", "matches": {"index"}}]
    complete_code_samples = ["1", "print('hello, world')", "def f(x):\n  return x*2\n\n\n"]
    incomplete_code_samples = ["print('''hello", "def f(x):\n  x*2"]
    invalid_code_samples = ["import = 7q"]

    def execute_helper(self, *args: Any, **kwargs: Any) -> Any:
        """An output has a tenth of a second in the suite; on a busy machine it needs more."""
        channel = self.kc.iopub_channel
        get = channel.get_msg

        async def patient(timeout: float) -> Any:
            return get(timeout=max(timeout, 60))

        with mock.patch.object(channel, "get_msg", patient):
            return super().execute_helper(*args, **kwargs)
