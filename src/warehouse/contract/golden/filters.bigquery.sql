WITH r AS (
  SELECT UNIX_DATE(t.`game_date`) AS d
  FROM `project-1.nba_raw.props` AS t
  WHERE (t.`game_date` BETWEEN @p0 AND @p1) AND (t.`status` = @p2 AND t.`status` <> @p3 AND t.`status` IN UNNEST(@p4) AND NOT (t.`status` IN UNNEST(@p5)) AND t.`status` IS NULL AND t.`status` < @p6 AND t.`status` >= @p7 AND EXISTS (SELECT 1 FROM UNNEST(@p8) AS h WHERE STARTS_WITH(CAST(t.`status` AS STRING), h)))
)
SELECT 0 AS part, r.d AS d,
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
  SELECT UNIX_DATE(t.`game_date`) AS d,
    t.`status` AS c0
  FROM `project-1.nba_raw.props` AS t
  WHERE (t.`game_date` BETWEEN @p0 AND @p1)
)
SELECT x.d, 0 AS c, 0 AS n, x.v FROM (SELECT y.d, y.v, ROW_NUMBER() OVER (PARTITION BY y.d ORDER BY y.v) AS n FROM (SELECT DISTINCT r.d, SUBSTR(CAST(r.c0 AS STRING), 1, 101) AS v FROM r WHERE r.c0 IS NOT NULL) AS y) AS x WHERE x.n <= 201
UNION ALL
SELECT r.d, -1, COUNT(*), NULL FROM r GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
