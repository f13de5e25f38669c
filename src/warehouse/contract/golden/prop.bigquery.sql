WITH r AS (
  SELECT CASE WHEN t.`game_date` IS NULL THEN -2 WHEN t.`game_date` BETWEEN @p2 AND @p3 THEN UNIX_DATE(t.`game_date`) ELSE -1 END AS d,
    IF(BYTE_LENGTH(COALESCE(a0.v, t.`away_team`)) <= 512, COALESCE(a0.v, t.`away_team`), CONCAT(SUBSTR(COALESCE(a0.v, t.`away_team`), 1, 100), TO_HEX(MD5(COALESCE(a0.v, t.`away_team`))))) AS u0,
    IF(BYTE_LENGTH(COALESCE(a1.v, t.`home_team`)) <= 512, COALESCE(a1.v, t.`home_team`), CONCAT(SUBSTR(COALESCE(a1.v, t.`home_team`), 1, 100), TO_HEX(MD5(COALESCE(a1.v, t.`home_team`))))) AS u1,
    t.`snapshot_timestamp` AS c0,
    IF(IS_NAN(t.`points_line`), NULL, t.`points_line`) AS c1,
    t.`player_lookup` AS c2,
    t.`bookmaker` AS c3
  FROM `project-1.nba_raw.props` AS t
  LEFT JOIN (SELECT f, @p5[OFFSET(o)] AS v FROM UNNEST(@p4) AS f WITH OFFSET AS o) AS a0 ON a0.f = t.`away_team`
  LEFT JOIN (SELECT f, @p5[OFFSET(o)] AS v FROM UNNEST(@p4) AS f WITH OFFSET AS o) AS a1 ON a1.f = t.`home_team`
  WHERE (t.`game_date` BETWEEN @p0 AND @p1 OR t.`game_date` IS NULL OR t.`game_date` < @p2 OR t.`game_date` > @p3) AND (t.`bookmaker` IN UNNEST(@p6))
)
SELECT 0 AS part, r.d AS d, r.u0, r.u1,
  COUNT(*) AS f0_0,
  COUNT(DISTINCT IF(r.c0 < s.since AND r.c1 IS NOT NULL, r.c2, NULL)) AS f0_1,
  UNIX_MICROS(CAST(MAX(IF(r.c0 < s.since AND r.c1 IS NOT NULL, r.c0, NULL)) AS TIMESTAMP)) AS f0_2,
  COUNTIF(r.c1 = @p10) AS f0_3
FROM r
LEFT JOIN (SELECT d, @p8[OFFSET(o)] AS since, @p9[OFFSET(o)] AS u FROM UNNEST(@p7) AS d WITH OFFSET AS o) AS s ON s.d = r.d AND s.u = r.u0 || '@' || r.u1
GROUP BY r.d, r.u0, r.u1
UNION ALL
SELECT 1, x.d, NULL, NULL, SUM(x.n - 1), NULL, NULL, NULL
FROM (SELECT r.d, COUNT(*) AS n FROM r WHERE TRUE GROUP BY r.d, r.c2, r.c3, r.c1 HAVING COUNT(*) > 1) AS x
GROUP BY x.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: One(Date(1970-01-01))
-- 3: One(Date(2199-12-31))
-- 4: List(Text, [Text("PHO")])
-- 5: List(Text, [Text("PHX")])
-- 6: List(Text, [Text("draftkings")])
-- 7: List(Int, [Int(20406)])
-- 8: List(Instant, [Instant(2025-11-15T00:30:00Z)])
-- 9: List(Text, [Text("BOS@MIA")])
-- 10: One(Float(20.0))

WITH r AS (
  SELECT UNIX_DATE(t.`game_date`) AS d,
    t.`bookmaker` AS c0
  FROM `project-1.nba_raw.props` AS t
  WHERE (t.`game_date` BETWEEN @p0 AND @p1)
)
SELECT x.d, 0 AS c, 0 AS n, x.v FROM (SELECT y.d, y.v, ROW_NUMBER() OVER (PARTITION BY y.d ORDER BY y.v) AS n FROM (SELECT DISTINCT r.d, SUBSTR(r.c0, 1, 101) AS v FROM r WHERE r.c0 IS NOT NULL) AS y) AS x WHERE x.n <= 201
UNION ALL
SELECT r.d, -1, COUNT(*), NULL FROM r GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
