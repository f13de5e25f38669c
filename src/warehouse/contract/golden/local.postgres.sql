WITH r AS (
  SELECT width_bucket(t."local_time", $1::timestamp[])::int8 AS d
  FROM "nba_raw"."props" AS t
  WHERE (t."local_time" >= $2::timestamp AND t."local_time" < $3::timestamp)
)
SELECT (0)::int8 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Local, [Local(2025-11-14T06:00:00), Local(2025-11-15T06:00:00), Local(2025-11-16T06:00:00), Local(2025-11-17T06:00:00)])
-- 1: One(Local(2025-11-14T06:00:00))
-- 2: One(Local(2025-11-17T06:00:00))
