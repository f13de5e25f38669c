WITH r AS (
  SELECT CASE WHEN t.`snapshot_timestamp` IS NULL THEN -2 WHEN t.`snapshot_timestamp` >= @p3 AND t.`snapshot_timestamp` < @p4 THEN RANGE_BUCKET(t.`snapshot_timestamp`, @p0) ELSE -1 END AS d
  FROM `project-1.nba_raw.props` AS t
  WHERE (t.`snapshot_timestamp` >= @p1 AND t.`snapshot_timestamp` < @p2 OR t.`snapshot_timestamp` IS NULL OR t.`snapshot_timestamp` < @p3 OR t.`snapshot_timestamp` >= @p4)
)
SELECT 0 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Instant, [Instant(2025-11-14T11:00:00Z), Instant(2025-11-15T11:00:00Z), Instant(2025-11-16T11:00:00Z), Instant(2025-11-17T11:00:00Z)])
-- 1: One(Instant(2025-11-14T11:00:00Z))
-- 2: One(Instant(2025-11-17T11:00:00Z))
-- 3: One(Instant(1970-01-01T11:00:00Z))
-- 4: One(Instant(2200-01-01T11:00:00Z))
