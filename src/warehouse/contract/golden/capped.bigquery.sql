WITH r AS (
  SELECT UNIX_DATE(t.`game_date`) AS d,
    IF(BYTE_LENGTH(COALESCE(a0.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(2)])) <= 512, COALESCE(a0.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(2)]), CONCAT(SUBSTR(COALESCE(a0.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(2)]), 1, 100), TO_HEX(MD5(COALESCE(a0.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(2)]))))) AS u0,
    IF(BYTE_LENGTH(COALESCE(a1.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(3)])) <= 512, COALESCE(a1.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(3)]), CONCAT(SUBSTR(COALESCE(a1.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(3)]), 1, 100), TO_HEX(MD5(COALESCE(a1.v, SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(3)]))))) AS u1,
    t.`snapshot_timestamp` AS c0
  FROM `project-1.nba_raw.props` AS t
  LEFT JOIN (SELECT f, @p4[OFFSET(o)] AS v FROM UNNEST(@p3) AS f WITH OFFSET AS o) AS a0 ON a0.f = SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(2)]
  LEFT JOIN (SELECT f, @p4[OFFSET(o)] AS v FROM UNNEST(@p3) AS f WITH OFFSET AS o) AS a1 ON a1.f = SPLIT(t.`game_id`, @p2)[SAFE_ORDINAL(3)]
  WHERE (t.`game_date` BETWEEN @p0 AND @p1)
)
SELECT 0 AS part, r.d AS d, r.u0, r.u1,
  COUNT(*) AS f0_0,
  UNIX_MICROS(CAST(MAX(IF((k0.until IS NULL OR r.c0 <= k0.until), r.c0, NULL)) AS TIMESTAMP)) AS f0_1
FROM r
LEFT JOIN (SELECT d, @p6[OFFSET(o)] AS until FROM UNNEST(@p5) AS d WITH OFFSET AS o) AS k0 ON k0.d = r.d
GROUP BY r.d, r.u0, r.u1
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: One(Text("_"))
-- 3: List(Text, [Text("PHO")])
-- 4: List(Text, [Text("PHX")])
-- 5: List(Int, [Int(20406)])
-- 6: List(Instant, [Instant(2025-11-15T00:30:00Z)])
