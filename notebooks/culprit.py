"""What the notebooks share: running culprit, exact intervals, and how figures look.

Commands run in the root of the repository, so that the paths in the notebooks are
those that a reader would type. The binary is the one that CULPRIT_BIN names, else
./culprit (what `go build ./cmd/culprit` leaves there), else the one on the PATH.
"""

import json
import math
import os
import pathlib
import shutil
import subprocess

import matplotlib.pyplot as plt
from scipy.stats import chi2, norm

ROOT = pathlib.Path(__file__).resolve().parent.parent

OURS, OTHERS, ALARM, USUAL = "#1f5fa8", "#7f8790", "#c0392b", "#bcd4ea"


def binary():
    """Path of the culprit to run."""
    built = ROOT / "culprit"
    for path in (os.environ.get("CULPRIT_BIN"), str(built) if built.is_file() else None, shutil.which("culprit")):
        if path:
            return path
    raise FileNotFoundError("no culprit to run: go build ./cmd/culprit, or name one in CULPRIT_BIN")


def output(*args):
    """Runs `culprit args...` and returns what it printed.

    What it printed to stderr is in the error if it fails, and is not shown otherwise.
    """
    done = subprocess.run([binary(), *map(str, args)], cwd=ROOT, text=True, capture_output=True)
    if done.returncode != 0:
        raise RuntimeError(f"culprit {' '.join(map(str, args))}: exit status {done.returncode}: {done.stderr.strip()}")
    return done.stdout


def run(*args):
    """Runs `culprit args...` and returns what it printed, one value for each line of JSON."""
    return [json.loads(line) for line in output(*args).splitlines()]


def wilson(hits, of, level=0.95):
    """Score interval for the probability behind hits out of a number of trials (Wilson, JASA 22, 1927)."""
    if of == 0:
        return 0.0, 1.0
    z, p = norm.ppf((1 + level) / 2), hits / of
    middle, half = p + z * z / (2 * of), z * math.sqrt(p * (1 - p) / of + z * z / (4 * of * of))
    scale = 1 + z * z / of
    return (0.0 if hits == 0 else (middle - half) / scale), (1.0 if hits == of else (middle + half) / scale)


def poisson(events, exposure, level=0.95):
    """Exact interval for the rate of events seen in an exposure, in events per unit of it (Garwood, Biometrika 28, 1936)."""
    tail = (1 - level) / 2
    low = chi2.ppf(tail, 2 * events) / 2 if events else 0.0
    return low / exposure, chi2.ppf(1 - tail, 2 * events + 2) / 2 / exposure


def look():
    """Sets how figures look: few lines, no frame, titles on the left that say what is to be seen."""
    plt.rcParams.update({
        "figure.dpi": 96,
        "figure.constrained_layout.use": True,
        "font.size": 10,
        "axes.titlesize": 11,
        "axes.titlelocation": "left",
        "axes.titleweight": "bold",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": "#999999",
        "axes.labelcolor": "#444444",
        "xtick.color": "#444444",
        "ytick.color": "#444444",
    })
