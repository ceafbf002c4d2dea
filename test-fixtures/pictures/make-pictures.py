"""Writes pictures.json: what torchvision and Pillow make of pictures that a formula gives.

python3 make-pictures.py    needs torchvision and Pillow

Each case has the size of its picture, the options of `picture()`, the size of the input, and its RGB as base64, row by row.
"""

import base64
import json
import pathlib

import PIL
import torchvision
from PIL import Image
from torchvision.transforms import CenterCrop, Compose, InterpolationMode, Resize

# width, height, options, input's height, input's width
# Where Pillow's box, of float32, is exact; Pillow 13 begins with the columns of tall pictures that lose many rows, as none before it.
CASES = [
    (300, 200, {"resize": 32}, 28, 28),
    (197, 333, {"resize": 37}, 24, 20),
    (500, 90, {"resize": 31}, 30, 21),
    (20, 30, {"resize": 40}, 33, 33),
    (40, 28, {"resize": 28}, 28, 28),
    (641, 427, {"resize": 36}, 32, 32),
    (300, 200, {"fit": "stretch"}, 36, 28),
    (300, 200, {"fit": "cover"}, 28, 28),
    (90, 64, {"fit": "cover"}, 32, 40),
]


def picture(width, height):
    """The same as `formula` of picture.test.ts."""
    image = Image.new("RGB", (width, height))
    image.putdata(
        [
            tuple((x * x * (c + 3) + y * y * (5 - c) + x * y * 7 + 31 * c) % 256 for c in range(3))
            for y in range(height)
            for x in range(width)
        ]
    )
    return image


def resized(image, options, height, width):
    if "resize" in options:
        transform = Compose([Resize(options["resize"], InterpolationMode.BILINEAR), CenterCrop((height, width))])
        return transform(image)
    box = None
    if options["fit"] == "cover":
        scale = min(image.width / width, image.height / height)
        left, top = (image.width - scale * width) / 2, (image.height - scale * height) / 2
        box = (left, top, left + scale * width, top + scale * height)
    return image.resize((width, height), Image.BILINEAR, box=box)


rows = [
    {
        "picture": [width, height],
        "options": options,
        "input": [rows, columns],
        "rgb": base64.b64encode(resized(picture(width, height), options, rows, columns).tobytes()).decode(),
    }
    for width, height, options, rows, columns in CASES
]
made = {"torchvision": torchvision.__version__, "pillow": PIL.__version__, "cases": rows}
pathlib.Path(__file__).with_name("pictures.json").write_text(json.dumps(made, indent=1) + "\n")
