WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d
  FROM "nba_raw"."props" AS t
  WHERE (t."game_date" BETWEEN $1::date AND $2::date) AND (t."status" = $3::int8 AND t."status" <> $4::numeric AND t."status" = ANY ($5::numeric[]) AND NOT (t."status" = ANY ($6::int8[])) AND t."status" IS NULL AND t."status" < $7::int8 AND t."status" >= $8::int8 AND (t."status"::text COLLATE "C") ^@ ANY ($9::text[]))
)
SELECT (0)::int8 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: One(Int(3))
-- 3: One(Decimal("2.5"))
-- 4: List(Decimal, [Decimal("1"), Decimal("2.5")])
-- 5: List(Int, [Int(1)])
-- 6: One(Int(9))
-- 7: One(Int(0))
-- 8: List(Text, [Text("1")])

WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d,
    t."status" AS c0
  FROM "nba_raw"."props" AS t
  WHERE (t."game_date" BETWEEN $1::date AND $2::date)
)
SELECT x.d, (0)::int8 AS c, (0)::int8 AS n, x.v FROM (SELECT y.d, y.v, ROW_NUMBER() OVER (PARTITION BY y.d ORDER BY y.v) AS n FROM (SELECT DISTINCT r.d, SUBSTR((r.c0::text COLLATE "C"), 1, 101) AS v FROM r WHERE r.c0 IS NOT NULL) AS y) AS x WHERE x.n <= 201
UNION ALL
SELECT r.d, (-1)::int8, COUNT(*), NULL FROM r GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
