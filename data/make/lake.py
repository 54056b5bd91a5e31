"""The level of an invented lake: data/lake.csv (a formula; the same bytes every time)."""
import datetime
import math

with open("data/lake.csv", "w") as f:
    f.write("day,level,rain\n")
    for i in range(75):
        day = datetime.date(2023, 12, 20) + datetime.timedelta(days=i)
        if i in (9, 10, 40):
            continue  # nobody read the gauge
        level = "" if i in (5, 33) else f"{2 + math.sin(i / 9) / 2:.3f}"
        rain = max(0.0, round(8 * math.sin(i * 1.7), 1))
        f.write(f"{day},{level},{rain}\n")
