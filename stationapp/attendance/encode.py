"""A picture unpacked and encoded anew, in a process of its own: what is hostile meets its limits, not ours.

    python -m stationapp.attendance.encode < picture > picture.jpg

The answer is upright, in sRGB, at most `LONGEST` pixels long, and holds pixels alone. Exit: 0 done, 2 it cannot be
unpacked, 3 too many pixels. Only the standard library and Pillow are loaded here.
"""

import io
import resource
import sys
from contextlib import suppress

from PIL import Image, ImageCms

CANNOT, TOO_MANY_PIXELS = 2, 3

_MEMORY = 1024 * 1024 * 1024  # 50 million pixels of four bytes, twice, and the libraries
_SECONDS = 15
_QUALITY = 82
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_ORIENTATION = 0x0112


def main(pixels: int, longest: int) -> int:
    """From standard input to standard output."""
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    with suppress(ValueError, OSError):  # macOS knows the limit and does not take it
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    Image.MAX_IMAGE_PIXELS = pixels
    try:
        image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=("JPEG", "PNG", "WEBP"))
        if image.width * image.height > pixels:
            return TOO_MANY_PIXELS
        encoded = _anew(image, longest)
    except Image.DecompressionBombError:
        return TOO_MANY_PIXELS
    except Exception:  # decoders raise whatever they like; it is nobody's fault but the picture's
        return CANNOT
    sys.stdout.buffer.write(encoded)
    return 0


def _anew(image: Image.Image, longest: int) -> bytes:
    turn = _turn(image)
    image.draft(
        "RGB", (longest, longest)
    )  # a JPEG is unpacked at a half, quarter or eighth where that is enough
    pixels = _in_srgb(image)
    pixels.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    if turn is not None:
        pixels = pixels.transpose(turn)
    clean = Image.new("RGB", pixels.size, "white")  # takes pixels over and nothing that hung on them
    clean.paste(pixels, mask=pixels.getchannel("A") if pixels.mode == "RGBA" else None)
    out = io.BytesIO()
    clean.save(out, "JPEG", quality=_QUALITY, optimize=True)
    return out.getvalue()


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _UPRIGHT.get(image.getexif().get(_ORIENTATION))
    except Exception:  # what cannot be read is taken as upright
        return None


def _in_srgb(image: Image.Image) -> Image.Image:
    clear = "A" in image.mode or "transparency" in image.info
    plain = image.convert("RGBA" if clear else "RGB")
    profile = image.info.get("icc_profile")
    if clear or not profile or image.mode != "RGB":
        return plain
    try:
        given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(plain, given, ImageCms.createProfile("sRGB"))
    except (ImageCms.PyCMSError, OSError, ValueError):  # a profile that cannot be read changes no colour
        return plain


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2])))
