WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d,
    CASE WHEN octet_length(COALESCE(a0.v, (t."away_team" COLLATE "C"))) <= 512 THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) ELSE left(COALESCE(a0.v, (t."away_team" COLLATE "C")), 100) || md5(COALESCE(a0.v, (t."away_team" COLLATE "C"))) END AS u0,
    CASE WHEN octet_length(COALESCE(a1.v, (t."home_team" COLLATE "C"))) <= 512 THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) ELSE left(COALESCE(a1.v, (t."home_team" COLLATE "C")), 100) || md5(COALESCE(a1.v, (t."home_team" COLLATE "C"))) END AS u1,
    t."snapshot_timestamp" AS c0,
    nullif(t."points_line", 'NaN'::float8) AS c1,
    (t."player_lookup" COLLATE "C") AS c2,
    (t."bookmaker" COLLATE "C") AS c3
  FROM "nba_raw"."props" AS t
  LEFT JOIN unnest($3::text[], $4::text[]) AS a0(f, v) ON a0.f = (t."away_team" COLLATE "C")
  LEFT JOIN unnest($3::text[], $4::text[]) AS a1(f, v) ON a1.f = (t."home_team" COLLATE "C")
  WHERE (t."game_date" BETWEEN $1::date AND $2::date) AND ((t."bookmaker" COLLATE "C") = ANY ($5::text[]))
)
SELECT (0)::int8 AS part, r.d AS d, r.u0, r.u1,
  COUNT(*) AS f0_0,
  COUNT(DISTINCT r.c2) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL) AS f0_1,
  (CASE WHEN MAX(r.c0) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL) >= '9999-12-30 22:00:00+00' THEN 253402207200999999 WHEN MAX(r.c0) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL) = '-infinity' THEN -377705023201000000 ELSE extract(epoch FROM MAX(r.c0) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL)) * 1000000 END)::int8 AS f0_2,
  COUNT(*) FILTER (WHERE r.c1 = $9::float8) AS f0_3
FROM r
LEFT JOIN unnest($6::int8[], $7::timestamptz[], $8::text[]) AS s(d, since, u) ON s.d = r.d AND s.u = r.u0 || '@' || r.u1
GROUP BY r.d, r.u0, r.u1
UNION ALL
SELECT (1)::int8, x.d, NULL, NULL, (SUM(x.n - 1))::int8, NULL, NULL, NULL
FROM (SELECT r.d, COUNT(*) AS n FROM r WHERE TRUE GROUP BY r.d, r.c2, r.c3, r.c1 HAVING COUNT(*) > 1) AS x
GROUP BY x.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: List(Text, [Text("PHO")])
-- 3: List(Text, [Text("PHX")])
-- 4: List(Text, [Text("draftkings")])
-- 5: List(Int, [Int(20406)])
-- 6: List(Instant, [Instant(2025-11-15T00:30:00Z)])
-- 7: List(Text, [Text("BOS@MIA")])
-- 8: One(Float(20.0))

WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d,
    CASE WHEN octet_length(COALESCE(a0.v, (t."away_team" COLLATE "C"))) <= 512 THEN COALESCE(a0.v, (t."away_team" COLLATE "C")) ELSE left(COALESCE(a0.v, (t."away_team" COLLATE "C")), 100) || md5(COALESCE(a0.v, (t."away_team" COLLATE "C"))) END AS u0,
    CASE WHEN octet_length(COALESCE(a1.v, (t."home_team" COLLATE "C"))) <= 512 THEN COALESCE(a1.v, (t."home_team" COLLATE "C")) ELSE left(COALESCE(a1.v, (t."home_team" COLLATE "C")), 100) || md5(COALESCE(a1.v, (t."home_team" COLLATE "C"))) END AS u1,
    t."snapshot_timestamp" AS c0,
    nullif(t."points_line", 'NaN'::float8) AS c1,
    (t."player_lookup" COLLATE "C") AS c2,
    (t."bookmaker" COLLATE "C") AS c3
  FROM "nba_raw"."props" AS t
  LEFT JOIN unnest($3::text[], $4::text[]) AS a0(f, v) ON a0.f = (t."away_team" COLLATE "C")
  LEFT JOIN unnest($3::text[], $4::text[]) AS a1(f, v) ON a1.f = (t."home_team" COLLATE "C")
  WHERE (t."game_date" BETWEEN $1::date AND $2::date) AND ((t."bookmaker" COLLATE "C") = ANY ($5::text[]))
)
SELECT (0)::int8 AS part, r.d AS d, r.u0, r.u1,
  COUNT(*) AS f0_0,
  COUNT(DISTINCT r.c2) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL) AS f0_1,
  (CASE WHEN MAX(r.c0) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL) >= '9999-12-30 22:00:00+00' THEN 253402207200999999 WHEN MAX(r.c0) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL) = '-infinity' THEN -377705023201000000 ELSE extract(epoch FROM MAX(r.c0) FILTER (WHERE r.c0 < s.since AND r.c1 IS NOT NULL)) * 1000000 END)::int8 AS f0_2,
  COUNT(*) FILTER (WHERE r.c1 = $9::float8) AS f0_3
FROM r
LEFT JOIN unnest($6::int8[], $7::timestamptz[], $8::text[]) AS s(d, since, u) ON s.d = r.d AND s.u = r.u0 || '@' || r.u1
GROUP BY r.d, r.u0, r.u1
UNION ALL
SELECT (1)::int8, x.d, NULL, NULL, (SUM(x.n - 1))::int8, NULL, NULL, NULL
FROM (SELECT r.d, COUNT(*) AS n FROM r WHERE TRUE GROUP BY r.d, r.c2, r.c3, r.c1 HAVING COUNT(*) > 1) AS x
GROUP BY x.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: List(Text, [Text("PHO")])
-- 3: List(Text, [Text("PHX")])
-- 4: List(Text, [Text("fanduel")])
-- 5: List(Int, [Int(20406)])
-- 6: List(Instant, [Instant(2025-11-15T00:30:00Z)])
-- 7: List(Text, [Text("BOS@MIA")])
-- 8: One(Float(20.0))

WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d,
    (t."bookmaker" COLLATE "C") AS c0
  FROM "nba_raw"."props" AS t
  WHERE (t."game_date" BETWEEN $1::date AND $2::date)
)
SELECT x.d, (0)::int8 AS c, (0)::int8 AS n, x.v FROM (SELECT y.d, y.v, ROW_NUMBER() OVER (PARTITION BY y.d ORDER BY y.v) AS n FROM (SELECT DISTINCT r.d, SUBSTR(r.c0, 1, 101) AS v FROM r WHERE r.c0 IS NOT NULL) AS y) AS x WHERE x.n <= 201
UNION ALL
SELECT r.d, (-1)::int8, COUNT(*), NULL FROM r GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))

WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d,
    (t."bookmaker" COLLATE "C") AS c0
  FROM "nba_raw"."props" AS t
  WHERE (t."game_date" BETWEEN $1::date AND $2::date)
)
SELECT x.d, (0)::int8 AS c, (0)::int8 AS n, x.v FROM (SELECT y.d, y.v, ROW_NUMBER() OVER (PARTITION BY y.d ORDER BY y.v) AS n FROM (SELECT DISTINCT r.d, SUBSTR(r.c0, 1, 101) AS v FROM r WHERE r.c0 IS NOT NULL) AS y) AS x WHERE x.n <= 201
UNION ALL
SELECT r.d, (-1)::int8, COUNT(*), NULL FROM r GROUP BY r.d
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
