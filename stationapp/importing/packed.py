"""Measuring an XLSX before it is opened: sizes, checksums and how far its cells reach (trust.md §3)."""

import io
import re
import zipfile

MAX_UNPACKED = 100_000_000  # bytes, all parts together
MAX_PARTS = 2_000

_CHUNK = 1 << 20
# A cell that is not self-closing has (or may have) a value; the reader allots the rectangle up to the farthest.
_CELL = re.compile(rb"<(?:[\w.-]{1,40}:)?c\s([^<>]{0,2000})>")
_PLACE = re.compile(rb"""(?:^|\s)r\s*=\s*["']([A-Za-z]{1,7})(\d{1,12})["']""")


class TooMuch(Exception):
    """The workbook is larger than is taken. The message is a Chinese sentence for the person."""


def measure(data: bytes, *, rows: int, columns: int) -> None:
    """Pass when the workbook is small enough to open.

    Raises TooMuch, or zipfile.BadZipFile when the archive is damaged, encrypted or lies about its sizes.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        if len(parts) > MAX_PARTS or sum(part.file_size for part in parts) > MAX_UNPACKED:
            raise TooMuch(
                f"文件解开后超过{MAX_UNPACKED // 1_000_000}MB，没有打开。请删去图片和多余的工作表再上传。"
            )
        if "xl/workbook.xml" not in archive.namelist():
            raise TooMuch("这个压缩文件不是 .xlsx 表格。请用表格软件另存为 .xlsx 再上传。")
        if any(part.flag_bits & 1 for part in parts):
            raise TooMuch("文件加了密码。请去掉密码后再上传。")
        for part in parts:
            _measure_part(archive, part, rows, columns)


def _measure_part(archive: zipfile.ZipFile, part: zipfile.ZipInfo, rows: int, columns: int) -> None:
    """Read one part to its end, which also checks its declared size and checksum."""
    rest = b""
    is_sheet = part.filename.lower().startswith("xl/worksheets/")
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                # Every part is looked at: a workbook may keep a sheet anywhere it likes.
                block = rest + chunk
                if is_sheet and b"\0" in chunk:
                    raise zipfile.BadZipFile("sheet in an unexpected encoding")
                _check_cells(block, rows, columns)
                cut = block.rfind(b"<")
                rest = block[cut:] if cut >= 0 and len(block) - cut < 10_000 else b""
    except (NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise zipfile.BadZipFile(str(error)) from error


def _check_cells(block: bytes, rows: int, columns: int) -> None:
    for cell in _CELL.finditer(block):
        attributes = cell[1]
        if attributes.endswith(b"/"):
            continue
        place = _PLACE.search(attributes)
        if not place:
            continue
        if int(place[2]) > rows:
            raise TooMuch(f"表格超过{rows}行，没有读取。请删去多余的行，或拆成几个文件再上传。")
        if _column(place[1]) > columns:
            raise TooMuch(f"表格超过{columns}列，不像一张名单。请删去多余的列再上传。")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number
