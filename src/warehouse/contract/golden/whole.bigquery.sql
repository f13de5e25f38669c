WITH r AS (
  SELECT CASE WHEN t.`game_date` IS NULL THEN -2 WHEN t.`game_date` BETWEEN @p2 AND @p3 THEN UNIX_DATE(t.`game_date`) ELSE -1 END AS d
  FROM `project-1.nba_raw.props` AS t
  WHERE (t.`game_date` BETWEEN @p0 AND @p0 OR t.`game_date` BETWEEN @p1 AND @p1 OR t.`game_date` IS NULL OR t.`game_date` < @p2 OR t.`game_date` > @p3)
)
SELECT 0 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-01))
-- 1: One(Date(2025-11-14))
-- 2: One(Date(1970-01-01))
-- 3: One(Date(2199-12-31))
