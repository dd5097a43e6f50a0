"""Pictures: their words by OCR, their metadata, and copies with black boxes and without metadata.

Called by ``opening``.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

from PIL import ExifTags, Image, ImageDraw, ImageOps, UnidentifiedImageError

from torana.files.eyes import Sight
from torana.files.reading import Opened, Reading
from torana.ports.files import NoCopy, Piece, Unreadable

FORMATS = {"png": "PNG", "jpeg": "JPEG", "gif": "GIF", "webp": "WEBP", "bmp": "BMP", "tiff": "TIFF"}
FAULTS = (OSError, ValueError, SyntaxError, IndexError, KeyError, TypeError, EOFError, OverflowError, ZeroDivisionError)
"""What Pillow raises for pictures that are broken."""
MARGIN = 3
LONGEST_METADATA = 100_000


class Picture:
    """A picture that was opened."""

    def __init__(self, frames: Sequence[Image.Image], kind: str, reading: Reading) -> None:
        self._frames = frames
        self._kind = kind
        self._metadata_goes = False
        self._sights: list[Sight] = []
        for number, frame in enumerate(frames, 1):
            place = f"page {number}" if len(frames) > 1 else ""
            readings = reading.eyes.look(frame) if reading.how.ocr else None
            if readings is None:
                reading.could_not_read("picture", place or "picture")
            self._sights.append(Sight(readings or [], place, place or "picture", reading))

    def drop_metadata(self, start: int, end: int, text: str) -> None:
        """What was found in it goes, with all the rest of it."""
        self._metadata_goes = True

    @property
    def changed(self) -> bool:
        """Whether something is to be covered."""
        return self._metadata_goes or any(sight.boxes for sight in self._sights)

    def copy(self) -> bytes:
        """It with boxes, and without metadata. Raises NoCopy."""
        frames = [covered(frame, sight.boxes) for frame, sight in zip(self._frames, self._sights, strict=True)]
        out = io.BytesIO()
        more = {"save_all": True, "append_images": frames[1:]} if len(frames) > 1 else {}
        if self._kind == "jpeg":
            more["quality"] = 90
        try:
            frames[0].save(out, FORMATS[self._kind], **more)
        except FAULTS as fault:
            raise NoCopy from fault
        return out.getvalue()


def covered(image: Image.Image, boxes: Sequence[tuple[int, int, int, int]]) -> Image.Image:
    """The picture with black boxes, as colours without an alpha channel."""
    plain = image if image.mode in ("L", "RGB") else image.convert("RGB")
    if boxes:
        plain = plain.copy()
        draw = ImageDraw.Draw(plain)
        for left, top, right, bottom in boxes:
            draw.rectangle(
                (left - MARGIN, top - MARGIN, right + MARGIN, bottom + MARGIN),
                fill=0 if plain.mode == "L" else (0, 0, 0),
            )
    return plain


def open_picture(content: bytes, kind: str, reading: Reading) -> Opened:
    """A picture. Raises Unreadable."""
    limits = reading.how.limits
    try:
        image = Image.open(io.BytesIO(content), formats=[FORMATS[kind]])
        count = getattr(image, "n_frames", 1)
        if image.width * image.height > limits.pixels or image.width * image.height * count > 4 * limits.pixels:
            raise Unreadable("too_many_pixels", f"the picture has more than {limits.pixels:,} pixels")
        said = _metadata(image)
        frames = []
        for number in range(count):
            reading.turn_page()
            image.seek(number)
            frames.append(_upright(image))
    except Unreadable:
        raise
    except Image.DecompressionBombError as fault:
        raise Unreadable("too_many_pixels", "the picture has too many pixels") from fault
    except UnidentifiedImageError as fault:
        raise Unreadable("malformed", "the picture cannot be read") from fault
    except FAULTS as fault:
        raise Unreadable(
            "truncated" if "truncated" in str(fault) else "malformed", "the picture cannot be read"
        ) from fault
    picture = Picture(frames, kind, reading)
    for name, text in said:
        reading.add(Piece(text, f"metadata {name}", "metadata", kind="metadata"), picture.drop_metadata)
        if name == "GPSInfo":
            reading.note("location", "metadata")
    return picture


def _upright(image: Image.Image) -> Image.Image:
    """A frame on white where nothing is, the right side up."""
    turned = ImageOps.exif_transpose(image)
    if turned.mode in ("RGBA", "LA", "PA") or "transparency" in turned.info:
        full = turned.convert("RGBA")
        ground = Image.new("RGBA", full.size, "white")
        return Image.alpha_composite(ground, full).convert("RGB")
    return turned.convert("L" if turned.mode in ("1", "L", "I", "I;16") else "RGB")


def _metadata(image: Image.Image) -> list[tuple[str, str]]:
    """Texts that lie beside the picture: EXIF, comments, PNG's texts."""
    found = [(str(name), value) for name, value in image.info.items() if isinstance(value, str)]
    found += [
        (str(name), value.decode("utf-8", "replace"))
        for name, value in image.info.items()
        if isinstance(value, bytes) and name in ("comment", "xmp", "Raw profile type iptc")
    ]
    exif = image.getexif()
    tags = dict(exif.items())
    for block in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        inner = exif.get_ifd(block)
        if inner and block == ExifTags.IFD.GPSInfo:
            found.append(("GPSInfo", " ".join(str(value) for value in inner.values())))
        elif inner:
            tags.update(inner)
    for number, value in tags.items():
        text = value.decode("utf-8", "replace").replace("\0", "") if isinstance(value, bytes) else value
        if isinstance(text, str):
            found.append((ExifTags.TAGS.get(number, str(number)), text))
    return [(name[:40], text[:LONGEST_METADATA]) for name, text in found if text.strip()]
