"""PDFs by typst, with the Chinese type of `pylopdf-fonts-zh-cn`; nothing is asked of the network.

What people wrote reaches the typesetter as data (JSON in `sys.inputs`), never as source, so no mark in it means
anything. A sheet takes 10 to 40 ms and a worker 60 MB more, most of it the mapped fonts all workers share; so it is
set in the worker itself and made anew each time. One compiler a sheet, one call at a time: it is not made for two.
"""

import json
import subprocess
import sys
import threading
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import quote

import pylopdf_fonts_zh_cn as fonts
import typst
from flask import Response, request

from stationapp.config import ROOT
from stationapp.web.paper import LONGEST_WORD, broken

_FEATURES = Path(__file__).resolve().parent.parent
_TURN = threading.Lock()
_APART = threading.Lock()  # long papers of one worker wait for each other
_PATIENCE = 120  # seconds, on a machine that does other things
_LONGEST = {"publicity/month": 6}  # letters in a row that fit a day; other sheets have no lines as narrow
_AS_IT_IS = {"path", "phone", "number", "jpeg"}


def render(sheet: str, data: dict, *, tagged: bool = True) -> bytes:
    """The PDF of a feature's sheet ("publicity/poster" is `publicity/typst/poster.typ`); the same for the same.

    `data`: texts, numbers, lists and dicts of them. `tagged`: with the structure that reads it aloud; of long tables
    that is nine tenths of the file.
    """
    with _TURN:
        return _compiler(sheet).compile(
            format="pdf", sys_inputs={"data": _written(sheet, data)}, pdf_tags=tagged
        )


def apart(sheet: str, data: dict, *, tagged: bool = True) -> bytes:
    """The same from a process of its own, half a second slower: the typesetter keeps what it has seen for the next
    sheet, and of one with thousands of cells that is 150 MB that no worker should keep."""
    asked = json.dumps({"sheet": sheet, "data": data, "tagged": tagged})
    with _APART:
        child = subprocess.run(
            [sys.executable, "-m", "stationapp.web.pdf"],
            input=asked.encode(),
            capture_output=True,
            cwd=ROOT,
            env={},  # nothing of ours to be read there
            timeout=_PATIENCE,
            check=False,
        )
    if child.returncode or not child.stdout.startswith(b"%PDF"):
        raise RuntimeError(f"{sheet} cannot be set")
    return child.stdout


def picture(sheet: str, data: dict) -> bytes:
    """The same as a PNG, a pixel a point; what is shared often is drawn once."""
    return _drawn(sheet, _written(sheet, data))


@lru_cache(maxsize=64)
def _drawn(sheet: str, written: str) -> bytes:
    with _TURN:
        return _compiler(sheet).compile(format="png", ppi=72, sys_inputs={"data": written})


def _written(sheet: str, data: dict) -> str:
    return json.dumps(_breakable(data, _LONGEST.get(sheet, LONGEST_WORD)), ensure_ascii=False)


@cache
def _compiler(sheet: str) -> typst.Compiler:
    feature, name = sheet.split("/")
    return typst.Compiler(
        str(_FEATURES / feature / "typst" / f"{name}.typ"),
        root=str(ROOT),
        font_paths=[str(fonts.sans_path().parent)],
        ignore_system_fonts=True,
    )


def _breakable(value, longest: int):
    """The same with places to break inside overlong words."""
    if isinstance(value, str):
        return broken(value, longest)
    if isinstance(value, dict):
        return {name: one if name in _AS_IT_IS else _breakable(one, longest) for name, one in value.items()}
    return [_breakable(one, longest) for one in value] if isinstance(value, list | tuple) else value


def pdf_answer(data: bytes, name: str) -> Response:
    """Shown in the browser, kept under `name`; asked for again and unchanged, it is not sent again."""
    answer = Response(data, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name, safe='')}.pdf"
    answer.add_etag()
    return answer.make_conditional(request)


if __name__ == "__main__":  # what `apart` asks for, from standard input to standard output
    sys.stdout.buffer.write(render(**json.load(sys.stdin.buffer)))
