WITH r AS (
  SELECT CASE WHEN t.`written` IS NULL THEN -2 WHEN n.d IS NOT NULL THEN n.d ELSE -3 END AS d,
    CASE WHEN n.d IS NULL THEN SUBSTR(t.`written`, 1, 64) END AS w
  FROM `project-1.nba_raw.props` AS t
  LEFT JOIN (SELECT t, @p1[OFFSET(o)] AS d FROM UNNEST(@p0) AS t WITH OFFSET AS o) AS n ON n.t = t.`written`
  WHERE TRUE
)
SELECT 0 AS part, r.d AS d,
  COUNT(*) AS f0_0, NULL AS w
FROM r
GROUP BY r.d
UNION ALL
SELECT -1, COUNT(*), NULL, r.w
FROM r
WHERE r.w IS NOT NULL AND TRUE
GROUP BY r.w
LIMIT 200001
-- 0: List(Text, [Text("2025-11-14"), Text("2025-11-15"), Text("2025-11-16")])
-- 1: List(Int, [Int(20406), Int(20407), Int(20408)])
