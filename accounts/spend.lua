-- Spends calls of one caller: a token bucket a minute and a count a day, both or neither.
--
-- KEYS[1]  hash of the caller: tokens, at (ms), day, count
-- ARGV     1 now (ms)  2 cost  3 calls a minute  4 calls a day  5 day (yyyymmdd)
--          6 seed: calls counted today, or -1 where they have yet to be counted
--          7 life of the hash (s)
-- Returns  {state, tokens left (thousandths), count}; state: 1 spent, 0 a minute's tokens are gone,
--          -1 the day's calls are gone, -2 the day's count is unknown: come again with a seed
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at', 'day', 'count')
local now, cost = tonumber(ARGV[1]), tonumber(ARGV[2])
local rate, quota = tonumber(ARGV[3]), tonumber(ARGV[4])
local tokens, at, day, count = tonumber(kept[1]), tonumber(kept[2]), kept[3], tonumber(kept[4])

if not day then
  if ARGV[6] == '-1' then return {-2, 0, 0} end
  tokens, at, day, count = rate, now, ARGV[5], tonumber(ARGV[6])
end
-- a clock behind ours may not give the day back, nor fill the bucket twice
if ARGV[5] > day then day, count = ARGV[5], 0 end
if now > at then
  tokens = math.min(rate, tokens + (now - at) * rate / 60000)
  at = now
end
if tokens > rate then tokens = rate end

-- a call dearer than a whole minute's calls waits for a full bucket, and empties it
local drops = math.min(cost, rate)
local state = 1
if cost > 0 and count + cost > quota then state = -1
elseif tokens < drops then state = 0
else
  tokens, count = tokens - drops, count + cost
end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.0f', at), 'day', day, 'count', count)
redis.call('EXPIRE', KEYS[1], ARGV[7])
return {state, math.floor(tokens * 1000), count}
