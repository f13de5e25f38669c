WITH r AS (
  SELECT CASE WHEN t."snapshot_timestamp" IS NULL THEN -2 WHEN t."snapshot_timestamp" >= $4::timestamptz AND t."snapshot_timestamp" < $5::timestamptz THEN width_bucket(t."snapshot_timestamp", $1::timestamptz[])::int8 ELSE -1 END AS d
  FROM "nba_raw"."props" AS t
  WHERE (t."snapshot_timestamp" >= $2::timestamptz AND t."snapshot_timestamp" < $3::timestamptz OR t."snapshot_timestamp" IS NULL OR t."snapshot_timestamp" < $4::timestamptz OR t."snapshot_timestamp" >= $5::timestamptz)
)
SELECT (0)::int8 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Instant, [Instant(2025-11-14T11:00:00Z), Instant(2025-11-15T11:00:00Z), Instant(2025-11-16T11:00:00Z), Instant(2025-11-17T11:00:00Z)])
-- 1: One(Instant(2025-11-14T11:00:00Z))
-- 2: One(Instant(2025-11-17T11:00:00Z))
-- 3: One(Instant(1970-01-01T11:00:00Z))
-- 4: One(Instant(2200-01-01T11:00:00Z))
