"""Makes data/passengers.csv: an INVENTED passenger list in counts that are not.

Run from the root of the project: python data/make/passengers.py (Python 3, nothing else).

No name, age, ticket, fare or cabin here is a real person's; every ticket begins with INV to say so. What is real are the
numbers of passengers of the RMS Titanic by class, sex, child or adult, and survival, as published in 1912 by the British
Wreck Commissioner (Lord Mersey's report, "Loss of the Steamship Titanic", the table of persons saved): 1316 passengers.
"""
import csv
import random

# class, sex, child: (saved, lost)
COUNTS = {
    (1, "male", False): (57, 118), (1, "female", False): (140, 4), (1, "male", True): (5, 0), (1, "female", True): (1, 0),
    (2, "male", False): (14, 154), (2, "female", False): (80, 13), (2, "male", True): (11, 0), (2, "female", True): (13, 0),
    (3, "male", False): (75, 387), (3, "female", False): (76, 89), (3, "male", True): (13, 35), (3, "female", True): (14, 17),
}
SURNAMES = """Abernethy Alderwick Almqvist Arrowood Ashdown Balcombe Bergdahl Birtwhistle Blomfelt Brackenbury Bruntwood Caldmore
Cavershall Cloughton Corrigan Dahlmark Darnbrough Delacourt Dunmallet Eastlake Ekholt Elverson Fairbourne Farquhar-Lisle Feldtmann
Fenwold Gallowhill Garsdale Glanville Gormanby Greensmith Haldane-Roy Halvarsen Harkwell Hesselgren Hollinshaw Ibbotsfield Inchmore
Jarnfelt Jessamine Karlbrand Kellermoor Kilbrannan Kinderwood Lagerholt Lavenstock Lindeqvist Lockerby Lundborg Macnair Malinowska
Marchbanks Merriden Mossberg Narraway Netherton Nordahl O'Dunleavy O'Kearney Oakhampton Ostermark Palliser Pendragon Petrosyan
Quillfeather Rademaker Rasholt Ravensdale Rosenvinge Sallowfield Sandmark Schonberg Skelwith Stavropoul Storrington Tamarind Thackwray
Thorvaldsen Tolliver Underhay Ulvstad Vandermeer Vasilenko Verrinder Wainfleet Walderslade Westermann Wolvercote Yarborough Zetterlund""".split()
MALE = """Albin Ambrose Anton Arvid Basil Bertram Caspar Cecil Clement Cuthbert Dermot Edgar Eino Elias Emil Ferdinand Gilbert
Gustaf Harald Hector Hugo Ignatius Ivar Jasper Joakim Lambert Laurence Leopold Ludvik Magnus Mortimer Nils Oswin Percival Quentin
Reuben Rufus Sigurd Silas Stanislaw Tobias Ulrik Valdemar Wilfred""".split()
FEMALE = """Adelheid Agnes Alma Beatrix Birgit Cecilia Clementina Cordelia Dagny Delphine Edith Elfrida Esther Eulalia Flora
Frances Gudrun Harriet Hedvig Henrietta Hulda Ida Imogen Ingrid Josefina Judith Leonora Linnea Lovisa Mabel Marguerite Matilda Nora
Octavia Olga Ottilie Philippa Rosamund Selma Sophronia Tekla Theodora Ursula Wilhelmina""".split()
FARES = {1: (26.0, 512.0), 2: (10.5, 41.5), 3: (6.2, 20.6)}

rng = random.Random(1912)


def age(pclass, child):
    if child:
        years = rng.choice([0.17, 0.42, 0.67, 0.75, 0.83, 0.92] + list(range(1, 13)) * 2)
        return f"{years}"
    mean, sd = {1: (39, 14), 2: (31, 12), 3: (26, 10)}[pclass]
    years = min(max(rng.gauss(mean, sd), 14), 80)
    # Estimated ages stand with a half, as in lists of the time.
    return f"{int(years)}.5" if rng.random() < 0.03 else f"{int(years)}"


def fare(pclass):
    low, high = FARES[pclass]
    if rng.random() < 0.01:
        return "0"
    value = low + (high - low) * rng.betavariate(1, {1: 8, 2: 4, 3: 5}[pclass])
    # Pounds, shillings and pence come out with up to four decimals.
    return f"{round(value * 240) / 240:.4f}".rstrip("0").rstrip(".")


class Person:
    def __init__(self, pclass, sex, child, survived):
        self.pclass, self.sex, self.child, self.survived = pclass, sex, child, survived
        self.sibsp = self.parch = 0
        self.party = None


def parties(people):
    """Families and couples of one class, then everybody who travels alone."""
    men = [p for p in people if p.sex == "male" and not p.child]
    women = [p for p in people if p.sex == "female" and not p.child]
    children = [p for p in people if p.child]
    for group in (men, women, children):
        rng.shuffle(group)
    while children:
        kids = [children.pop() for _ in range(min(len(children), rng.choice([1, 1, 2, 2, 3, 5])))]
        parents = [women.pop()] + ([men.pop()] if rng.random() < 0.7 else [])
        for p in kids:
            p.sibsp, p.parch = len(kids) - 1, len(parents)
        for p in parents:
            p.sibsp, p.parch = len(parents) - 1, len(kids)
        yield kids + parents
    for _ in range(len(women) // 4):
        pair = [women.pop(), men.pop()]
        for p in pair:
            p.sibsp = 1
        yield pair
    for p in men + women:
        yield [p]


def name(p, surname):
    first = rng.choice(MALE if p.sex == "male" else FEMALE)
    if rng.random() < 0.4:
        first += " " + rng.choice(MALE if p.sex == "male" else FEMALE)
    if p.sex == "male":
        return f"{surname}, {'Master' if p.child else 'Mr.'} {first}"
    if p.child or p.sibsp == 0 and p.parch == 0 and rng.random() < 0.8:
        return f"{surname}, Miss {first}"
    maiden = f"{rng.choice(FEMALE)} {rng.choice(SURNAMES)}"
    nick = f' "{first[:4]}"' if rng.random() < 0.04 else ""
    return f"{surname}, Mrs. {rng.choice(MALE)} ({maiden}{nick})"


def cabin(pclass):
    if rng.random() > {1: 0.8, 2: 0.06, 3: 0.02}[pclass]:
        return ""
    deck = rng.choice({1: "ABCDE", 2: "DEF", 3: "EFG"}[pclass])
    first = rng.randint(2, 130)
    return " ".join(f"{deck}{first + 2 * i}" for i in range(rng.choice([1, 1, 1, 1, 1, 2, 3]) if pclass == 1 else 1))


rows = []
for pclass in (1, 2, 3):
    people = [Person(pclass, sex, child, s) for (c, sex, child), (saved, lost) in COUNTS.items() if c == pclass
              for s in [1] * saved + [0] * lost]
    for party in parties(people):
        surname, price, room = rng.choice(SURNAMES), fare(pclass), cabin(pclass)
        ticket = f"INV {rng.choice(['', '', '', 'A/5 ', 'PC ', 'SOTON/OQ '])}{rng.randint(2000, 390000)}"
        port = rng.choices(["S", "C", "Q", ""], {1: [60, 38, 1, 1], 2: [88, 9, 3, 0], 3: [71, 14, 15, 0]}[pclass])[0]
        for p in party:
            years = age(pclass, p.child)
            if p.parch and not p.child and float(years) < 22:
                years = str(rng.randint(22, 45))
            if not p.child and rng.random() < {1: 0.12, 2: 0.07, 3: 0.28}[pclass]:
                years = ""
            rows.append([p.survived, pclass, name(p, surname), p.sex, years, p.sibsp, p.parch, ticket, price, room, port])
rng.shuffle(rows)

with open("data/passengers.csv", "w", newline="", encoding="utf-8") as f:
    out = csv.writer(f, lineterminator="\n")
    out.writerow("PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked".split(","))
    for i, row in enumerate(rows, 1):
        out.writerow([i] + row)
