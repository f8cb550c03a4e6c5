-- Counts misses of verifications: how many on each subject, and on how many subjects, in one day.
--
-- KEYS[1]  hash of a department, a dataset and a day: subject's digest -> its misses
-- ARGV     1 misses a subject may have  2 subjects that may have misses  3 life of the hash (s)
--          4 bytes of a digest  5 the digests of all claims, in order, joined
--          6 for each claim '1' where it missed or '0'
-- Returns  for each claim a digit: 0 to be answered, 1 the subject's tries are used up, 2 the
--          subjects are. Which it is rests on what was counted before the claim, never on the
--          claim's own outcome.
local tries, subjects, size = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[4])
local missed_before = redis.call('HLEN', KEYS[1])
local empty, misses, told, counted = missed_before == 0, {}, {}, false
for place = 1, #ARGV[6] do
  local subject = string.sub(ARGV[5], (place - 1) * size + 1, place * size)
  local before = misses[subject]
  if not before then
    before = empty and 0 or tonumber(redis.call('HGET', KEYS[1], subject) or 0)
  end
  local verdict = '0'
  if before >= tries then verdict = '1'
  elseif before == 0 and missed_before >= subjects then verdict = '2'
  elseif string.byte(ARGV[6], place) == 49 then
    redis.call('HINCRBY', KEYS[1], subject, 1)
    if before == 0 then missed_before = missed_before + 1 end
    before, counted = before + 1, true
  end
  misses[subject] = before
  told[place] = verdict
end
if counted then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return table.concat(told)
