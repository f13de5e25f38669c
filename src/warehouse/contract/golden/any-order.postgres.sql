WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d,
    CASE WHEN octet_length(CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) END) <= 512 THEN CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) END ELSE left(CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) END, 100) || md5(CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) END) END AS u0,
    CASE WHEN octet_length(CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) END) <= 512 THEN CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) END ELSE left(CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) END, 100) || md5(CASE WHEN COALESCE(a0.v, (t."away_team" COLLATE "C")) <= COALESCE(a1.v, (t."home_team" COLLATE "C")) THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) WHEN COALESCE(a1.v, (t."home_team" COLLATE "C")) < COALESCE(a0.v, (t."away_team" COLLATE "C")) THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) END) END AS u1
  FROM "nba_raw"."props" AS t
  LEFT JOIN unnest($3::text[], $4::text[]) AS a0(f, v) ON a0.f = (t."away_team" COLLATE "C")
  LEFT JOIN unnest($3::text[], $4::text[]) AS a1(f, v) ON a1.f = (t."home_team" COLLATE "C")
  WHERE (t."game_date" BETWEEN $1::date AND $2::date)
)
SELECT (0)::int8 AS part, r.d AS d, r.u0, r.u1,
  COUNT(*) AS f0_0
FROM r
GROUP BY r.d, r.u0, r.u1
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: List(Text, [Text("PHO")])
-- 3: List(Text, [Text("PHX")])
