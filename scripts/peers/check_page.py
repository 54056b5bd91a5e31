"""The pages of `summary --html` in headless Chromium: they render, nothing is wider than the screen, the console is silent, and they stand
alone. Left out where no Chromium is installed."""

import re
import shutil
import subprocess
import sys

from judge import DATA, REAL, WORK, run, say

BROWSER = next((b for b in ("chromium", "chromium-browser", "google-chrome") if shutil.which(b)), None)
PROBE = """<script>
const wide = document.documentElement.scrollWidth, room = document.documentElement.clientWidth;
const out = [...document.querySelectorAll('h1,h2,h3,dd,dt,li,p,figure,article')].filter(e => {
  const r = e.getBoundingClientRect(); return r.right > room + 1 && !e.closest('.scroll'); }).length;
const drawn = [...document.querySelectorAll('figure svg')].filter(s => s.getBoundingClientRect().height > 50).length;
const unnamed = [...document.querySelectorAll('svg')].filter(s => !s.getAttribute('aria-label')).length
  + [...document.querySelectorAll('[tabindex]')].filter(s => !s.getAttribute('aria-label')).length;
document.documentElement.setAttribute('data-probe', [wide, room, out, drawn, unnamed].join(' '));
</script>"""


def browse(page, width, dark):
    args = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--user-data-dir={WORK}/profile", f"--window-size={width},900",
            "--enable-logging=stderr", "--virtual-time-budget=2000", "--dump-dom"]
    if dark:
        args += ["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]
    done = subprocess.run([*args, page.as_uri()], capture_output=True, text=True, timeout=120)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


def judge(name, args, pictures):
    page = WORK / f"{name}.html"
    run("summary", *args, "--html", page)
    text = page.read_text()
    say(len(text.encode()) <= 2_000_000, f"{name}: {len(text.encode())} bytes")
    own = re.sub(r"xmlns=\"[^\"]*\"|data:image/png;base64,[^\"]*", "", text)
    say(not re.search(r"https?://|//[a-z]|<script|@import|url\(", own), f"{name}: needs nothing from elsewhere")
    for width in (400, 1400):
        probe = WORK / f"{name}{width}.html"
        # Narrower than a window of Chromium can be.
        probe.write_text(text.replace("</head>", f"<style>html {{ width: {width}px; }}</style></head>").replace("</body>", PROBE + "</body>"))
        for dark in (False, True):
            dom, console = browse(probe, max(width, 500), dark)
            found = re.search(r'data-probe="(\d+) (\d+) (\d+) (\d+) (\d+)"', dom)
            where = f"{name} at {width}{', dark' if dark else ''}"
            if not found:
                say(False, f"{where}: did not render")
                continue
            wide, _, out, drawn, unnamed = map(int, found.groups())
            say(wide <= max(width, 500), f"{where}: {wide} wide")
            say(drawn >= pictures, f"{where}: {drawn} pictures")
            say(unnamed == 0, f"{where}: {unnamed} parts without a name for screen readers")
            say(not console, f"{where}: console {console[:1]}")


if BROWSER is None:
    print("note: no Chromium here; pages are not looked at (apt install chromium)")
    sys.exit(0)
judge("passengers", [DATA / "passengers.csv"], 7)
judge("climate", [DATA / "climate.nc"], 3)
judge("packed", [DATA / "climate_packed.nc"], 3)
if REAL:
    judge("titanic", [REAL / "titanic.csv"], 7)
wide = WORK / "wide.csv"
names = ["a name that is rather long and has <markup> & \"quotes\"", "ärger", *(f"column_with_a_long_name_{i}" for i in range(298))]
with open(wide, "w") as f:
    f.write(",".join('"' + n.replace('"', '""') + '"' for n in names) + "\n")
    for r in range(200):
        f.write(",".join(str((r * 7919 + c * 104729) % 1000 / 10) for c in range(300)) + "\n")
judge("wide", [wide], 20)
