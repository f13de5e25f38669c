WITH r AS (
  SELECT CASE WHEN (t."written" COLLATE "C") IS NULL THEN -2 WHEN n.d IS NOT NULL THEN n.d WHEN NOT (t."written" COLLATE "C") ~ $2::text THEN -4 WHEN ((t."written" COLLATE "C") < $4::text OR (t."written" COLLATE "C") > $5::text) THEN -1 ELSE -3 END AS d
  FROM "nba_raw"."props" AS t
  LEFT JOIN unnest($1::text[], $3::int8[]) AS n(t, d) ON n.t = (t."written" COLLATE "C")
  WHERE (n.d IS NOT NULL OR NOT (t."written" COLLATE "C") ~ $2::text OR (t."written" COLLATE "C") IS NULL OR ((t."written" COLLATE "C") < $4::text OR (t."written" COLLATE "C") > $5::text))
)
SELECT (0)::int8 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Text, [Text("2025-11-14"), Text("2025-11-15"), Text("2025-11-16")])
-- 1: One(Text("^\\d{4}-\\d{2}-\\d{2}$"))
-- 2: List(Int, [Int(20406), Int(20407), Int(20408)])
-- 3: One(Text("1970-01-01"))
-- 4: One(Text("2199-12-31"))
