"""Makes counts.csv: how often the ten commonest words of 60 invented texts stand in them, near a power law of the rank. A formula and seeded noise."""

import os
import random

random.seed(8)
path = os.path.join(os.path.dirname(__file__), "..", "counts.csv")
with open(path, "w", newline="\n") as out:
    print("text", *(f"word{k}" for k in range(1, 11)), sep=",", file=out)
    for n in range(1, 61):
        most, s = 10 ** random.uniform(2.3, 4.2), random.uniform(-1.1, -0.4)
        counts = sorted((round(most * k**s * random.uniform(0.85, 1.15)) for k in range(1, 11)), reverse=True)
        print(f"text{n:02}", *counts, sep=",", file=out)
