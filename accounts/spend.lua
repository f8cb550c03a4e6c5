-- Spends calls on several meters at once: a token bucket a minute and a count a day each; on all
-- of them or on none.
--
-- KEYS     one hash a meter: tokens, at (ms), day, count
-- ARGV     1 now (ms)  2 day (yyyymmdd)  3 life of the hashes (s), then four for each meter:
--          cost  calls a minute (0: no bucket)  calls a day
--          seed: calls counted today, or -1 where they have yet to be counted
-- Returns  {state, meter, tokens left (thousandths) and count of each meter}; state: 1 spent,
--          0 a minute's tokens are gone, -1 the day's calls are gone, -2 the day's count is
--          unknown: come again with a seed. `meter` is the one that refused, from 1; 0 for none
local now, today, life = tonumber(ARGV[1]), ARGV[2], ARGV[3]
local meters = {}

for place, key in ipairs(KEYS) do
  local first = 4 * place
  local cost, rate = tonumber(ARGV[first]), tonumber(ARGV[first + 1])
  local quota, seed = tonumber(ARGV[first + 2]), ARGV[first + 3]
  local kept = redis.call('HMGET', key, 'tokens', 'at', 'day', 'count')
  local tokens, at, day, count = tonumber(kept[1]), tonumber(kept[2]), kept[3], tonumber(kept[4])
  if not day then
    if seed == '-1' then return {-2, place} end
    tokens, at, day, count = rate, now, today, tonumber(seed)
  end
  -- a clock behind ours may not give the day back, nor fill the bucket twice
  if today > day then day, count = today, 0 end
  if now > at then
    tokens = math.min(rate, tokens + (now - at) * rate / 60000)
    at = now
  end
  if tokens > rate then tokens = rate end
  meters[place] = {cost = cost, rate = rate, quota = quota, tokens = tokens, at = at, day = day, count = count}
end

local state, refused = 1, 0
for place, meter in ipairs(meters) do
  -- a call dearer than a whole minute's calls waits for a full bucket, and empties it
  meter.drops = math.min(meter.cost, meter.rate)
  if state == 1 then
    if meter.cost > 0 and meter.count + meter.cost > meter.quota then state, refused = -1, place
    elseif meter.tokens < meter.drops then state, refused = 0, place
    end
  end
end

local answer = {state, refused}
for place, meter in ipairs(meters) do
  if state == 1 then
    meter.tokens, meter.count = meter.tokens - meter.drops, meter.count + meter.cost
  end
  redis.call('HSET', KEYS[place], 'tokens', string.format('%.6f', meter.tokens), 'at', string.format('%.0f', meter.at), 'day', meter.day, 'count', meter.count)
  redis.call('EXPIRE', KEYS[place], life)
  answer[#answer + 1] = math.floor(meter.tokens * 1000)
  answer[#answer + 1] = meter.count
end
return answer
