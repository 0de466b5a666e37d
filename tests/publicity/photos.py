"""Codes on paper as others see them: read by zbar, blotted, and photographed with a phone."""

import random
import subprocess
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

PHOTO = 1080
"""Pixels a phone's picture of the whole sheet is wide."""


def read(image: Image.Image, folder: Path) -> list[str]:
    """What zbar reads in the image."""
    path = folder / "photo.png"
    image.save(path)
    said = subprocess.run(["zbarimg", "--raw", "-q", "--nodbus", str(path)], capture_output=True, text=True)
    return said.stdout.split()


def damaged(
    sheet: Image.Image, place: tuple[float, float, float], share: float, chance: random.Random
) -> Image.Image:
    """Blots over `share` of the square (left, top, side in pixels); finder patterns are spared."""
    left, top, side = place
    hit = sheet.copy()
    draw, covered = ImageDraw.Draw(hit), Image.new("L", (round(side), round(side)))
    shadow, corner = ImageDraw.Draw(covered), side * 0.27
    while covered.histogram()[255] < share * side * side:
        x, y, r = chance.uniform(0, side), chance.uniform(0, side), side * chance.uniform(0.04, 0.08)
        near = sum((x < corner + r, x > side - corner - r, y < corner + r, y > side - corner - r))
        if near >= 2:
            continue
        ink = chance.choice((0, 255))
        draw.ellipse((left + x - r, top + y - r, left + x + r, top + y + r), fill=ink)
        shadow.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return hit


def photographed(sheet: Image.Image, chance: random.Random) -> Image.Image:
    """The sheet as a phone's picture: 1080 pixels wide, turned, slanted, blurred, with noise and flat light."""
    high = round(PHOTO * sheet.height / sheet.width)
    seen = sheet.resize((PHOTO, high), Image.Resampling.LANCZOS)
    lean = [chance.uniform(0, 0.015) * PHOTO for _ in range(8)]
    corners = (
        -lean[0], -lean[1], -lean[2], high + lean[3], PHOTO + lean[4], high + lean[5], PHOTO + lean[6], -lean[7]
    )  # fmt: skip
    seen = seen.transform(seen.size, Image.Transform.QUAD, corners, Image.Resampling.BICUBIC, fillcolor=200)
    seen = seen.rotate(chance.uniform(-5, 5), Image.Resampling.BICUBIC, expand=True, fillcolor=200)
    seen = seen.filter(ImageFilter.GaussianBlur(0.8))
    grain = Image.effect_noise(seen.size, 28)
    return Image.blend(seen.point(lambda v: 30 + v * 190 // 255), grain, 0.15)
