WITH r AS (
  SELECT (CASE t."game_date" WHEN 'infinity' THEN 2147483647 WHEN '-infinity' THEN -2147483648 ELSE t."game_date" - date '1970-01-01' END)::int8 AS d,
    CASE WHEN octet_length(COALESCE(a0.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 2), ''))) <= 512 THEN COALESCE(a0.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 2), '')) ELSE left(COALESCE(a0.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 2), '')), 100) || md5(COALESCE(a0.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 2), ''))) END AS u0,
    CASE WHEN octet_length(COALESCE(a1.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 3), ''))) <= 512 THEN COALESCE(a1.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 3), '')) ELSE left(COALESCE(a1.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 3), '')), 100) || md5(COALESCE(a1.v, nullif(split_part((t."game_id" COLLATE "C"), $3::text, 3), ''))) END AS u1,
    t."snapshot_timestamp" AS c0
  FROM "nba_raw"."props" AS t
  LEFT JOIN unnest($4::text[], $5::text[]) AS a0(f, v) ON a0.f = nullif(split_part((t."game_id" COLLATE "C"), $3::text, 2), '')
  LEFT JOIN unnest($4::text[], $5::text[]) AS a1(f, v) ON a1.f = nullif(split_part((t."game_id" COLLATE "C"), $3::text, 3), '')
  WHERE (t."game_date" BETWEEN $1::date AND $2::date)
)
SELECT (0)::int8 AS part, r.d AS d, r.u0, r.u1,
  COUNT(*) AS f0_0,
  (CASE WHEN MAX(r.c0) FILTER (WHERE (k0.until IS NULL OR r.c0 <= k0.until)) >= '9999-12-30 22:00:00+00' THEN 253402207200999999 WHEN MAX(r.c0) FILTER (WHERE (k0.until IS NULL OR r.c0 <= k0.until)) = '-infinity' THEN -377705023201000000 ELSE extract(epoch FROM MAX(r.c0) FILTER (WHERE (k0.until IS NULL OR r.c0 <= k0.until))) * 1000000 END)::int8 AS f0_1
FROM r
LEFT JOIN unnest($6::int8[], $7::timestamptz[]) AS k0(d, until) ON k0.d = r.d
GROUP BY r.d, r.u0, r.u1
LIMIT 200001
-- 0: One(Date(2025-11-14))
-- 1: One(Date(2025-11-16))
-- 2: One(Text("_"))
-- 3: List(Text, [Text("PHO")])
-- 4: List(Text, [Text("PHX")])
-- 5: List(Int, [Int(20406)])
-- 6: List(Instant, [Instant(2025-11-15T00:30:00Z)])
