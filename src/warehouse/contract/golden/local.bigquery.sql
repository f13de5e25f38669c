WITH r AS (
  SELECT RANGE_BUCKET(t.`local_time`, @p0) AS d
  FROM `project-1.nba_raw.props` AS t
  WHERE (t.`local_time` >= @p1 AND t.`local_time` < @p2)
)
SELECT 0 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Local, [Local(2025-11-14T06:00:00), Local(2025-11-15T06:00:00), Local(2025-11-16T06:00:00), Local(2025-11-17T06:00:00)])
-- 1: One(Local(2025-11-14T06:00:00))
-- 2: One(Local(2025-11-17T06:00:00))
