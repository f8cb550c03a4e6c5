-- Counts misses of verifications: how many on each subject, and on how many subjects, in one day.
--
-- KEYS[1]  hash of a department, a dataset and a day: subject's digest -> its misses
-- ARGV     1 misses a subject may have  2 subjects that may have misses  3 life of the hash (s)
--          then for each claim, in order: digest, 1 where it missed or 0
-- Returns  for each claim: 0 to be answered, 1 the subject's tries are used up, 2 the subjects are.
--          Which it is rests on what was counted before the claim, never on the claim's own outcome.
local tries, subjects = tonumber(ARGV[1]), tonumber(ARGV[2])
local missed_before = redis.call('HLEN', KEYS[1])
local told, counted = {}, false
for place = 4, #ARGV, 2 do
  local before = tonumber(redis.call('HGET', KEYS[1], ARGV[place]) or 0)
  local verdict = 0
  if before >= tries then verdict = 1
  elseif before == 0 and missed_before >= subjects then verdict = 2
  elseif ARGV[place + 1] == '1' then
    redis.call('HINCRBY', KEYS[1], ARGV[place], 1)
    if before == 0 then missed_before = missed_before + 1 end
    counted = true
  end
  told[#told + 1] = verdict
end
if counted then redis.call('EXPIRE', KEYS[1], ARGV[3]) end
return told
