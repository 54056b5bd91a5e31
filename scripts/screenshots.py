"""Pictures of the pages of `summary --html` as headless Chromium shows them, light and dark, at 400 and 1400 pixels, in docs/img.

usage: python scripts/screenshots.py     (with Pillow; HPDA_BIN: the binary, default target/release/hpda-data)
"""

import os
import pathlib
import shutil
import subprocess
import tempfile

from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = os.environ.get("HPDA_BIN", ROOT / "target/release/hpda-data")
BROWSER = next(b for b in ("chromium", "chromium-browser", "google-chrome") if shutil.which(b))
SHOTS = [("passengers.csv", 1400, 1500, False), ("passengers.csv", 400, 1300, True), ("climate.nc", 1400, 1500, True), ("climate.nc", 400, 1500, False)]

with tempfile.TemporaryDirectory() as work:
    work = pathlib.Path(work)
    for file, width, height, dark in SHOTS:
        page = work / f"{file}.html"
        subprocess.run([BIN, "summary", ROOT / "data" / file, "--html", page, "--overwrite", "--quiet"], check=True)
        # Narrower than a window of Chromium can be.
        narrow = work / "page.html"
        narrow.write_text(page.read_text().replace("</head>", f"<style>html {{ width: {width}px; }}</style></head>"))
        shot = work / "shot.png"
        args = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={work}/profile"]
        args += [f"--window-size={max(width, 500)},{height}", f"--screenshot={shot}"]
        if dark:
            args += ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]
        subprocess.run([*args, narrow.as_uri()], check=True, capture_output=True, timeout=120)
        image = Image.open(shot).convert("RGB").crop((0, 0, width, height))
        # Few colours are enough, and half the size where it is wide.
        if width > 1000:
            image = image.resize((width // 2, height // 2), Image.LANCZOS)
        name = f"page_{file.split('.')[0]}_{width}_{'dark' if dark else 'light'}.png"
        image.quantize(128, method=Image.Quantize.MEDIANCUT).save(ROOT / "docs/img" / name, optimize=True)
        print(name, (ROOT / "docs/img" / name).stat().st_size)
