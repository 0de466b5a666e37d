"""PDFs read back as a strict printer would: what is on each page, how large, and whether it is on the paper."""

import ctypes
from collections.abc import Iterator
from dataclasses import dataclass

import pypdfium2
import pypdfium2.raw as raw
from PIL import Image

EDGE = 5 * 72 / 25.4
"""What a cheap laser printer cannot reach, in points."""


@dataclass(frozen=True)
class Text:
    """A piece of text on a page: its size in points and its box (left, bottom, right, top)."""

    said: str
    pt: float
    box: tuple[float, float, float, float]
    embedded: bool


class Pdf:
    """A PDF for looking at; the text of a page is one line without blanks."""

    def __init__(self, data: bytes) -> None:
        self._document = pypdfium2.PdfDocument(data)

    def __len__(self) -> int:
        return len(self._document)

    def size(self, page: int = 0) -> tuple[int, int]:
        """Width and height in whole millimetres."""
        wide, high = self._document[page].get_size()
        return round(wide * 25.4 / 72), round(high * 25.4 / 72)

    def said(self, page: int | None = None) -> str:
        """Everything a page says, or all of them."""
        pages = range(len(self)) if page is None else [page]
        texts = (self._document[n].get_textpage().get_text_range() for n in pages)
        return "".join("".join(text.split()) for text in texts).replace("\u200b", "")

    def texts(self, page: int = 0) -> Iterator[Text]:
        """The pieces of text as they were set."""
        sheet = self._document[page]
        words = sheet.get_textpage()
        for one in sheet.get_objects(filter=[raw.FPDF_PAGEOBJ_TEXT]):
            size = ctypes.c_float()
            raw.FPDFTextObj_GetFontSize(one, ctypes.byref(size))
            font = raw.FPDFTextObj_GetFont(one)
            length = raw.FPDFTextObj_GetText(one, words, None, 0)
            buffer = (ctypes.c_ushort * (length // 2))()
            raw.FPDFTextObj_GetText(one, words, buffer, length)
            said = bytes(buffer).decode("utf-16-le", "replace").rstrip("\0")
            scale = one.get_matrix().a or 1
            yield Text(
                said, size.value * abs(scale), one.get_bounds(), bool(raw.FPDFFont_GetIsEmbedded(font))
            )

    def outside(self, page: int = 0) -> list[str]:
        """Text that a printer would cut off."""
        wide, high = self._document[page].get_size()
        return [
            one.said
            for one in self.texts(page)
            if one.said.strip()
            and not (
                one.box[0] >= EDGE
                and one.box[1] >= EDGE
                and one.box[2] <= wide - EDGE
                and one.box[3] <= high - EDGE
            )
        ]

    def image(self, page: int = 0, dpi: int = 300) -> Image.Image:
        """The page as the printer lays it down."""
        return self._document[page].render(scale=dpi / 72).to_pil().convert("L")
