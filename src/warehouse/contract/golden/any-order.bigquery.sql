WITH r AS (
  SELECT UNIX_DATE(t.`game_date`) AS d,
    IF(BYTE_LENGTH(CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a0.v, t.`away_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a1.v, t.`home_team`) END) <= 512, CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a0.v, t.`away_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a1.v, t.`home_team`) END, CONCAT(SUBSTR(CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a0.v, t.`away_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a1.v, t.`home_team`) END, 1, 100), TO_HEX(MD5(CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a0.v, t.`away_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a1.v, t.`home_team`) END)))) AS u0,
    IF(BYTE_LENGTH(CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a1.v, t.`home_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a0.v, t.`away_team`) END) <= 512, CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a1.v, t.`home_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a0.v, t.`away_team`) END, CONCAT(SUBSTR(CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a1.v, t.`home_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a0.v, t.`away_team`) END, 1, 100), TO_HEX(MD5(CASE WHEN COALESCE(a0.v, t.`away_team`) <= COALESCE(a1.v, t.`home_team`) THEN COALESCE(a1.v, t.`home_team`) WHEN COALESCE(a1.v, t.`home_team`) < COALESCE(a0.v, t.`away_team`) THEN COALESCE(a0.v, t.`away_team`) END)))) AS u1
  FROM `project-1.nba_raw.props` AS t
  LEFT JOIN (SELECT f, @p3[OFFSET(o)] AS v FROM UNNEST(@p2) AS f WITH OFFSET AS o) AS a0 ON a0.f = t.`away_team`
  LEFT JOIN (SELECT f, @p3[OFFSET(o)] AS v FROM UNNEST(@p2) AS f WITH OFFSET AS o) AS a1 ON a1.f = t.`home_team`
  WHERE (t.`game_date` BETWEEN @p0 AND @p1)
)
SELECT 0 AS part, r.d AS d, r.u0, r.u1,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d, r.u0, r.u1
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: List(Text, [Text("PHO")])
-- 3: List(Text, [Text("PHX")])
