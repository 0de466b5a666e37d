"""A printed sheet cut into its cards, as whoever hands them out does."""

from collections.abc import Iterator

from PIL import Image

WIDE, HIGH, LEFT, TOP = 85, 54, 20, 13.5
"""Of a card and of the first one's corner, in millimetres."""


def cut(sheet: Image.Image, many: int = 10) -> Iterator[Image.Image]:
    """The first `many` cards of an A4 in the order they were set; zbar mixes up some of thirty finder marks at once."""
    pixel = sheet.width / 210
    for n in range(many):
        left, top = LEFT + WIDE * (n % 2), TOP + HIGH * (n // 2)
        yield sheet.crop(tuple(round(one * pixel) for one in (left, top, left + WIDE, top + HIGH)))
