"""Makes sql.json: queries, and what duckdb answers, of files in data/.

Run in the project's folder: python tests/parity/make_sql.py > tests/parity/sql.json
"""

import datetime
import decimal
import json
import sys

import duckdb

QUERIES = """
SELECT * FROM readings ORDER BY 1
SELECT Name, Age FROM people WHERE Age > 65 ORDER BY Age DESC, Name
select name, age from people where pclass = 1 and not (age < 70) order by NAME
SELECT Sex, count(*) AS n, avg(Survived) AS rate FROM people GROUP BY Sex ORDER BY Sex
SELECT Sex, Pclass, count(Age) AS n, round(avg(Fare), 3) AS fare, min(Age) AS lo, max(Age) AS hi FROM people GROUP BY Sex, Pclass ORDER BY Sex, Pclass
SELECT Pclass + 1 AS k, sum(Fare) AS s FROM people GROUP BY Pclass + 1 ORDER BY k
SELECT Pclass + 1 AS k, sum(Fare) AS s FROM people GROUP BY k HAVING sum(Fare) > 10000 ORDER BY s DESC
SELECT 2 * Pclass + 1 AS k, sum(Fare) / count(*) - avg(Fare) AS z FROM people GROUP BY Pclass ORDER BY 1
SELECT Embarked, count(*) AS n FROM people GROUP BY Embarked ORDER BY n DESC, Embarked
SELECT Embarked, count(*) AS n FROM people GROUP BY 1 ORDER BY 2, 1
SELECT count(*) AS all_rows, count(Age) AS ages, count(DISTINCT Pclass) AS classes, sum(Survived) AS alive, median(Age) AS m FROM people
SELECT stddev(Age) AS s, variance(Age) AS v, skewness(Fare) AS k, quantile_cont(Fare, 0.9) AS q, corr(Age, Fare) AS c, covar_samp(Age, Fare) AS w FROM people
SELECT sum(Age) AS s, count(*) AS n, min(Age) AS m, avg(Age) AS a FROM people WHERE Age > 1000
SELECT Pclass, sum(Age) FILTER (WHERE Sex = 'female') AS f, count(*) FILTER (WHERE Age > 60) AS n FROM people GROUP BY Pclass ORDER BY Pclass
SELECT DISTINCT Pclass, Sex FROM people ORDER BY Sex DESC, Pclass
SELECT DISTINCT Embarked FROM people ORDER BY Embarked
SELECT Name FROM people ORDER BY Fare DESC, Name LIMIT 3
SELECT Name FROM people ORDER BY Fare DESC, Name LIMIT 3 OFFSET 2
SELECT PassengerId FROM people ORDER BY PassengerId OFFSET 1310
SELECT PassengerId, CASE WHEN Age < 12 THEN 'child' WHEN Age >= 60 THEN 'old' ELSE 'adult' END AS kind FROM people ORDER BY PassengerId LIMIT 40
SELECT CASE Pclass WHEN 1 THEN 'first' WHEN 2 THEN 'second' END AS c, count(*) AS n FROM people GROUP BY c ORDER BY n
SELECT count(*) AS n FROM people WHERE Age BETWEEN 10 AND 20 AND Pclass IN (1, 2)
SELECT count(*) AS n FROM people WHERE Age NOT BETWEEN 10 AND 20 OR Pclass NOT IN (1, 2)
SELECT count(*) AS n FROM people WHERE Name LIKE '%Master.%' OR Name LIKE '_a%,%'
SELECT count(*) AS n FROM people WHERE Name LIKE '%Master %' AND Name NOT LIKE 'C%'
SELECT count(*) AS n FROM people WHERE Name ILIKE '%EDITH%'
SELECT count(*) AS n FROM people WHERE Age IS NULL AND Cabin IS NOT NULL
SELECT coalesce(Age, -1) AS a, ifnull(Cabin, '?') AS c, nullif(Pclass, 3) AS p FROM people ORDER BY PassengerId LIMIT 30
SELECT upper(Sex) AS u, length(Name) AS n, substr(Name, 2, 4) AS s, Sex || '-' || Pclass AS k, concat(Sex, Cabin) AS c FROM people ORDER BY PassengerId LIMIT 12
SELECT strpos(Name, ',') AS p, replace(Name, ', ', '/') AS r, starts_with(Name, 'D') AS d, trim('  a ') AS t FROM people ORDER BY PassengerId LIMIT 5
SELECT abs(-3) AS a, 7 % 3 AS b, -7 % 3 AS c, 7 % -3 AS d, 7 / 2 AS e, 2 + 3 * 4 AS f, -(2 + 3) AS g, power(2, 10) AS h, floor(-2.5) AS i, ceil(2.1) AS j
SELECT sqrt(16) AS a, exp(0) AS b, ln(1) AS c, log10(1000) AS d, greatest(1, 3, 2) AS e, least(4, 2, 3) AS f, round(2.345, 2) AS g
SELECT 1 = 1 AS t, 1 <> 1 AS f, NOT true AS g, true AND NULL AS n, true OR NULL AS o, NULL IS NULL AS p, 'it''s' AS q
SELECT cast('12' AS integer) AS a, cast(2.6 AS bigint) AS b, cast(3 AS varchar) AS c, '1.5'::double AS d, cast(1 AS double) / 4 AS e
SELECT year(day) AS y, month(day) AS m, avg(level) AS a, count(*) AS n FROM lake GROUP BY year(day), month(day) ORDER BY y, m
SELECT extract(month FROM day) AS m, max(level) - min(level) AS r FROM lake GROUP BY m ORDER BY m
SELECT date_part('day', day) AS d, dayofyear(day) AS y, quarter(day) AS q, isodow(day) AS w FROM lake ORDER BY day LIMIT 9
SELECT count(*) AS n FROM lake WHERE day >= DATE '2024-01-15'
SELECT count(*) AS n, min(day) AS a, max(day) AS b FROM lake WHERE rain > 0
SELECT r.station, s.latitude, r.wind FROM readings r JOIN stations s ON r.station = s.id ORDER BY r.station, r.wind
SELECT r.station, s.latitude, r.wind FROM readings AS r LEFT JOIN stations AS s ON s.id = r.station ORDER BY r.station, r.wind
SELECT s.id, r.wind FROM readings r RIGHT JOIN stations s ON s.id = r.station ORDER BY s.id, r.wind
SELECT id, name, wind FROM (SELECT station AS id, wind FROM readings) FULL OUTER JOIN stations USING (id) ORDER BY id, wind
SELECT name, id FROM (SELECT station AS id, wind FROM readings) AS r JOIN stations USING (id) WHERE wind > 8 ORDER BY id
SELECT * FROM (SELECT station AS id, wind FROM readings) AS r JOIN stations s USING (id) ORDER BY id, wind
SELECT a.Pclass AS p, b.n AS n, count(*) AS m FROM people a JOIN (SELECT Pclass, count(*) AS n FROM people GROUP BY Pclass) b ON a.Pclass = b.Pclass GROUP BY a.Pclass, b.n ORDER BY p
SELECT a.id AS x, b.id AS y FROM stations a, stations b WHERE a.id = b.id AND a.id < 4 ORDER BY x
SELECT count(*) AS n FROM stations a CROSS JOIN stations b
SELECT count(*) AS n FROM stations a JOIN stations b ON a.latitude > b.latitude
SELECT count(*) AS n FROM stations a JOIN stations b ON a.id = b.id AND a.latitude > 20
WITH old AS (SELECT * FROM people WHERE Age > 60), rates AS (SELECT Pclass, avg(Survived) AS r FROM old GROUP BY Pclass) SELECT Pclass, r FROM rates ORDER BY Pclass
SELECT max(n) AS most FROM (SELECT Embarked, count(*) AS n FROM people GROUP BY Embarked) AS t
SELECT count(*) AS n FROM people WHERE Pclass IN (SELECT Pclass FROM people WHERE Age > 75)
SELECT id, name FROM stations WHERE id IN (SELECT station FROM readings WHERE wind IS NOT NULL) AND id > 1 ORDER BY id
SELECT name FROM stations s SEMI JOIN readings r ON s.id = r.station ORDER BY name
SELECT id FROM stations s ANTI JOIN readings r ON s.id = r.station ORDER BY id
SELECT s.*, r.wind FROM stations s JOIN readings r ON s.id = r.station ORDER BY s.id, r.wind
SELECT Pclass FROM people GROUP BY Pclass ORDER BY Pclass DESC
SELECT Sex FROM people GROUP BY Sex HAVING avg(Age) > 25 AND count(*) > 10 ORDER BY avg(Age)
SELECT bool_or(Age > 70) AS a, bool_and(Age > 70) AS b, product(Pclass) AS p FROM people WHERE PassengerId < 20
SELECT Sex, any_value(Sex) AS s FROM people GROUP BY Sex ORDER BY Sex -- a comment
SELECT /* one */ 1 AS "a b", 2 AS `c` FROM readings LIMIT 1
SELECT snow, count(*) AS n FROM stations GROUP BY snow ORDER BY n DESC, snow
SELECT id FROM stations WHERE snow IS TRUE ORDER BY id
SELECT id FROM stations WHERE snow IS NOT TRUE ORDER BY id
SELECT id FROM stations WHERE NOT snow ORDER BY id
""".strip().split("\n")

FILES = {"people": "passengers", "stations": "stations", "readings": "readings", "lake": "lake"}


def plain(x):
    if isinstance(x, datetime.datetime) and x.microsecond and x.microsecond % 1000 == 0:
        return x.isoformat(timespec="milliseconds")
    if isinstance(x, (datetime.date, datetime.datetime)):
        return x.isoformat()
    if isinstance(x, decimal.Decimal):
        return float(x)
    return x


con = duckdb.connect()
for name, file in FILES.items():
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('data/{file}.csv', sample_size=-1, allow_quoted_nulls=false)")
cases = []
for query in QUERIES:
    asked = query.replace("`", '"')
    found = con.execute(asked)
    columns = [d[0] for d in found.description]
    cases.append({"query": query, "columns": columns, "rows": [[plain(x) for x in row] for row in found.fetchall()]})
json.dump(cases, sys.stdout, indent=0)
print()
