"""PDFs by typst, with the Chinese type of `pylopdf-fonts-zh-cn`; nothing is asked of the network.

What people wrote reaches the typesetter as data (JSON in `sys.inputs`), never as source, so no mark in it means
anything. A sheet takes 10 to 40 ms and a worker 60 MB more, most of it the mapped fonts all workers share; so it is
set in the worker itself and made anew each time. One compiler a sheet, one call at a time: it is not made for two.
"""

import json
import threading
from functools import cache
from pathlib import Path

import pylopdf_fonts_zh_cn as fonts
import typst

from stationapp.config import ROOT
from stationapp.publicity.paper import broken

_SOURCES = Path(__file__).parent / "typst"
_TURN = threading.Lock()


def render(sheet: str, data: dict) -> bytes:
    """The PDF of `typst/<sheet>.typ` over `data` (texts, numbers, lists and dicts of them); the same for the same."""
    with _TURN:
        return _compiler(sheet).compile(
            format="pdf", sys_inputs={"data": json.dumps(_breakable(data), ensure_ascii=False)}
        )


@cache
def _compiler(sheet: str) -> typst.Compiler:
    return typst.Compiler(
        str(_SOURCES / f"{sheet}.typ"),
        root=str(ROOT),
        font_paths=[str(fonts.sans_path().parent)],
        ignore_system_fonts=True,
    )


def _breakable(value):
    """The same with places to break inside overlong words."""
    if isinstance(value, str):
        return broken(value)
    if isinstance(value, dict):
        return {name: one if name == "path" else _breakable(one) for name, one in value.items()}
    return [_breakable(one) for one in value] if isinstance(value, list | tuple) else value
