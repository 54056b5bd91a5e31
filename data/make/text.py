"""Makes text.txt: sentences without meaning out of our own list of words, the k-th of them about k times as rare as the first (seeded)."""

import os
import random

COMMON = "the of and a to in is it was that on for as with at by".split()
THINGS = "river harbour winter lantern garden bridge island morning window letter forest tower market weather candle mountain road boat kitchen village".split()
DOINGS = "follows carries opens crosses remembers keeps watches leaves finds builds paints counts measures answers calls".split()
OTHERS = "old quiet northern narrow bright heavy early wooden green distant slowly often never again almost together above below between beyond".split()

random.seed(13)
words = COMMON + [w for group in zip(THINGS, DOINGS + DOINGS[:5], OTHERS) for w in group] + THINGS[15:]
words = list(dict.fromkeys(words))
weights = [1 / k for k in range(1, len(words) + 1)]
lines = []
for _ in range(90):
    paragraph = []
    # What a paragraph is about comes again in it.
    about = random.choice(THINGS)
    for _ in range(random.randint(3, 7)):
        sentence = random.choices(words, weights, k=random.randint(5, 14))
        if random.random() < 0.7:
            sentence.insert(random.randint(1, len(sentence)), about)
        if len(sentence) > 9:
            sentence[4] += random.choice([",", ";", ""])
        sentence[0] = sentence[0].capitalize()
        paragraph.append(" ".join(sentence) + random.choice("...?!"))
    text, line = " ".join(paragraph), ""
    for word in text.split():
        if len(line) + len(word) + 1 > 78:
            lines.append(line)
            line = ""
        line += (" " if line else "") + word
    lines += [line, ""]
with open(os.path.join(os.path.dirname(__file__), "..", "text.txt"), "w", newline="\n") as out:
    out.write("\n".join(lines))
