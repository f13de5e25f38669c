WITH r AS (
  SELECT CASE WHEN t.`written` IS NULL THEN -2 WHEN n.d IS NOT NULL THEN n.d WHEN NOT REGEXP_CONTAINS(t.`written`, @p1) THEN -4 WHEN (t.`written` < @p3 OR t.`written` > @p4) THEN -1 ELSE -3 END AS d
  FROM `project-1.nba_raw.props` AS t
  LEFT JOIN (SELECT t, @p2[OFFSET(o)] AS d FROM UNNEST(@p0) AS t WITH OFFSET AS o) AS n ON n.t = t.`written`
  WHERE (n.d IS NOT NULL OR NOT REGEXP_CONTAINS(t.`written`, @p1) OR t.`written` IS NULL OR (t.`written` < @p3 OR t.`written` > @p4))
)
SELECT 0 AS part, r.d AS d,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d
LIMIT 200001
-- 0: List(Text, [Text("2025-11-14"), Text("2025-11-15"), Text("2025-11-16")])
-- 1: One(Text("^\\d{4}-\\d{2}-\\d{2}$"))
-- 2: List(Int, [Int(20406), Int(20407), Int(20408)])
-- 3: One(Text("1970-01-01"))
-- 4: One(Text("2199-12-31"))
