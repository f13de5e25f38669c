WITH r AS (
  SELECT RANGE_BUCKET(t.`snapshot_timestamp`, @p0) AS d
  FROM `project-1.nba_raw.props` AS t
  WHERE (t.`snapshot_timestamp` >= @p1 AND t.`snapshot_timestamp` < @p2)
)
SELECT 0 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Instant, [Instant(2025-11-14T00:00:00Z), Instant(2025-11-15T00:00:00Z), Instant(2025-11-16T00:00:00Z), Instant(2025-11-17T00:00:00Z)])
-- 1: One(Instant(2025-11-14T00:00:00Z))
-- 2: One(Instant(2025-11-17T00:00:00Z))
