WITH r AS (
  SELECT CASE WHEN t."game_date" IS NULL THEN -2 WHEN t."game_date" BETWEEN $3::date AND $4::date THEN (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 ELSE -1 END AS d
  FROM "nba_raw"."props" AS t
  WHERE (t."game_date" BETWEEN $1::date AND $1::date OR t."game_date" BETWEEN $2::date AND $2::date OR t."game_date" IS NULL OR t."game_date" < $3::date OR t."game_date" > $4::date)
)
SELECT (0)::int8 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-01))
-- 1: One(Date(2025-11-14))
-- 2: One(Date(1970-01-01))
-- 3: One(Date(2199-12-31))
