WITH r AS (
  SELECT width_bucket(t."snapshot_timestamp", $1::timestamptz[])::int8 AS d
  FROM "nba_raw"."props" AS t
  WHERE (t."snapshot_timestamp" >= $2::timestamptz AND t."snapshot_timestamp" < $3::timestamptz)
)
SELECT (0)::int8 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Instant, [Instant(2025-11-14T00:00:00Z), Instant(2025-11-15T00:00:00Z), Instant(2025-11-16T00:00:00Z), Instant(2025-11-17T00:00:00Z)])
-- 1: One(Instant(2025-11-14T00:00:00Z))
-- 2: One(Instant(2025-11-17T00:00:00Z))
