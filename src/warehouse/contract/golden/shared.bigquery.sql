WITH r AS (
  SELECT UNIX_DATE(t.`game_date`) AS d,
    IF(BYTE_LENGTH(COALESCE(a0.v, t.`away_team`)) <= 512, COALESCE(a0.v, t.`away_team`), CONCAT(SUBSTR(COALESCE(a0.v, t.`away_team`), 1, 100), TO_HEX(MD5(COALESCE(a0.v, t.`away_team`))))) AS u0,
    IF(BYTE_LENGTH(COALESCE(a1.v, t.`home_team`)) <= 512, COALESCE(a1.v, t.`home_team`), CONCAT(SUBSTR(COALESCE(a1.v, t.`home_team`), 1, 100), TO_HEX(MD5(COALESCE(a1.v, t.`home_team`))))) AS u1,
    t.`snapshot_timestamp` AS c0,
    IF(IS_NAN(t.`points_line`), NULL, t.`points_line`) AS c1,
    t.`player_lookup` AS c2,
    t.`bookmaker` AS c3,
    (t.`bookmaker` IN UNNEST(@p4)) IS TRUE AS q0,
    (t.`bookmaker` IN UNNEST(@p5)) IS TRUE AS q1
  FROM `project-1.nba_raw.props` AS t
  LEFT JOIN (SELECT f, @p3[OFFSET(o)] AS v FROM UNNEST(@p2) AS f WITH OFFSET AS o) AS a0 ON a0.f = t.`away_team`
  LEFT JOIN (SELECT f, @p3[OFFSET(o)] AS v FROM UNNEST(@p2) AS f WITH OFFSET AS o) AS a1 ON a1.f = t.`home_team`
  WHERE (t.`game_date` BETWEEN @p0 AND @p1) AND ((t.`bookmaker` IN UNNEST(@p4)) OR (t.`bookmaker` IN UNNEST(@p5)))
)
SELECT 0 AS part, r.d AS d, r.u0, r.u1,
  COUNTIF(r.q0) AS f0_0,
  COUNT(DISTINCT IF(r.q0 AND r.c0 < s.since AND r.c1 IS NOT NULL, r.c2, NULL)) AS f0_1,
  UNIX_MICROS(CAST(MAX(IF(r.q0 AND r.c0 < s.since AND r.c1 IS NOT NULL, r.c0, NULL)) AS TIMESTAMP)) AS f0_2,
  COUNTIF(r.q0 AND r.c1 = @p9) AS f0_3,
  COUNTIF(r.q1) AS f1_0,
  COUNT(DISTINCT IF(r.q1 AND r.c0 < s.since AND r.c1 IS NOT NULL, r.c2, NULL)) AS f1_1,
  UNIX_MICROS(CAST(MAX(IF(r.q1 AND r.c0 < s.since AND r.c1 IS NOT NULL, r.c0, NULL)) AS TIMESTAMP)) AS f1_2,
  COUNTIF(r.q1 AND r.c1 = @p9) AS f1_3
FROM r
LEFT JOIN (SELECT d, @p7[OFFSET(o)] AS since, @p8[OFFSET(o)] AS u FROM UNNEST(@p6) AS d WITH OFFSET AS o) AS s ON s.d = r.d AND s.u = r.u0 || '@' || r.u1
GROUP BY r.d, r.u0, r.u1
UNION ALL
SELECT 1, x.d, NULL, NULL, SUM(x.n - 1), NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM (SELECT r.d, COUNT(*) AS n FROM r WHERE r.q0 GROUP BY r.d, r.c2, r.c3, r.c1 HAVING COUNT(*) > 1) AS x
GROUP BY x.d
UNION ALL
SELECT 2, x.d, NULL, NULL, NULL, NULL, NULL, NULL, SUM(x.n - 1), NULL, NULL, NULL
FROM (SELECT r.d, COUNT(*) AS n FROM r WHERE r.q1 GROUP BY r.d, r.c2, r.c3, r.c1 HAVING COUNT(*) > 1) AS x
GROUP BY x.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: List(Text, [Text("PHO")])
-- 3: List(Text, [Text("PHX")])
-- 4: List(Text, [Text("draftkings")])
-- 5: List(Text, [Text("fanduel")])
-- 6: List(Int, [Int(20406)])
-- 7: List(Instant, [Instant(2025-11-15T00:30:00Z)])
-- 8: List(Text, [Text("BOS@MIA")])
-- 9: One(Float(20.0))

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
