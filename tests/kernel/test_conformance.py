"""Jupyter's own suite for kernels, with every feature that it can test switched on."""

from __future__ import annotations

from typing import ClassVar

import jupyter_kernel_test
import pytest


@pytest.mark.usefixtures("jupyter_path")
class TestConformance(jupyter_kernel_test.KernelTests):  # type: ignore[misc] # not typed
    kernel_name = "assay"
    language_name = "lua"
    file_extension = ".lua"
    code_hello_world = "print('hello, world')"
    code_stderr = "io.stderr:write('oops')"
    completion_samples: ClassVar = [
        {"text": "cryp", "matches": {"crypto"}},
        {"text": "crypto.hash", "matches": {"hash"}},
    ]
    complete_code_samples: ClassVar = ["1", "print('hello')", "for i = 1, 3 do\n  print(i)\nend"]
    incomplete_code_samples: ClassVar = ["for i = 1, 3 do", "x = {", "s = [[a"]
    invalid_code_samples: ClassVar = ["x = = 1", "end"]
    code_page_something = "?http.get"
    code_generate_error = "error('boom')"
    code_execute_result: ClassVar = [{"code": "1+2", "result": "3", "mime": "text/plain"}]
    code_display_data: ClassVar = [{"code": "display({ a = 1 })", "mime": "text/plain"}]
    code_history_pattern = "1?2*"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "http.get"
    code_clear_output = "view.clear()"
