"""Pictures as cameras and attackers make them."""

import io
import struct
import zipfile
import zlib

from PIL import Image, PngImagePlugin

CANARY = b"CANARY-34.66N-112.43E"


def picture(width: int = 400, height: int = 300, **options) -> bytes:
    """A JPEG whose left half is red and whose right half is blue; `options` as Pillow saves them."""
    return _saved(_halves(width, height), "JPEG", quality=90, **options)


def with_place(orientation: int = 1) -> bytes:
    """A JPEG with the camera, a place and a canary in EXIF, XMP, a comment, and a further part behind the end."""
    image = _halves(400, 300)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x010E] = orientation, "CANARY camera", CANARY.decode()
    exif.get_ifd(0x8825).update({1: "N", 2: (34.0, 39.0, 36.0), 3: "E", 4: (112.0, 25.0, 48.0)})
    xmp = b"<x:xmpmeta>" + CANARY + b"</x:xmpmeta>"
    jpeg = _saved(image, "JPEG", quality=90, exif=exif, xmp=xmp, comment=CANARY)
    return jpeg + CANARY


def with_words() -> bytes:
    """A see-through PNG with text, compressed text, EXIF and a profile that is none."""
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", CANARY.decode())
    words.add_itxt("XML:com.adobe.xmp", CANARY.decode(), zip=False)
    words.add_text("Author", CANARY.decode() * 9, zip=True)
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    return _saved(
        Image.new("RGBA", (200, 100), (0, 0, 0, 0)), "PNG", pnginfo=words, exif=exif, icc_profile=CANARY
    )


def webp() -> bytes:
    """A WebP with EXIF."""
    exif = Image.Exif()
    exif[0x010E] = CANARY.decode()
    return _saved(_halves(400, 300), "WEBP", exif=exif)


def bomb(side: int = 50_000) -> bytes:
    """A PNG that says it has side × side pixels and brings the beginning of them."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(bytes(2_000_000), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def zipped() -> bytes:
    """An archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.jpg", picture())
    return out.getvalue()


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)


def opened(content: bytes) -> Image.Image:
    """A picture read whole."""
    image = Image.open(io.BytesIO(content))
    image.load()
    return image


def _halves(width: int, height: int) -> Image.Image:
    image = Image.new("RGB", (width, height), (200, 20, 20))
    image.paste((20, 20, 200), (width // 2, 0, width, height))
    return image


def _saved(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()
