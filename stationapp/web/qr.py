"""QR codes as PNG: an image that a long press in WeChat can read. Each takes some 10 ms, so it is kept."""

import struct
import zlib
from functools import lru_cache

import qrcode
from qrcode.constants import ERROR_CORRECT_Q

_SCALE = 8  # pixels a module: sharp on any phone, printable at 4 cm
_QUIET = 4  # modules of white around, as the standard asks


@lru_cache(maxsize=2048)
def png(text: str) -> bytes:
    """The code of `text` at level Q, black on white, one bit a pixel."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_Q, border=_QUIET)
    code.add_data(text)
    code.make()
    rows = code.get_matrix()
    size = len(rows) * _SCALE
    lines = b"".join(_line(row) * _SCALE for row in rows)
    header = struct.pack(">IIBBBBB", size, size, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _line(row: list[bool]) -> bytes:
    bits = "".join(("0" if dark else "1") * _SCALE for dark in row)
    return b"\x00" + int(bits, 2).to_bytes(len(bits) // 8)  # eight pixels a module: whole bytes always


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
