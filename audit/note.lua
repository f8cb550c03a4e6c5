-- Puts a note on the stream under the next number, so that a lost one leaves a gap.
-- KEYS[1] stream  KEYS[2] counter  ARGV[1] the note  ARGV[2] how many may wait at most
local number = redis.call('INCR', KEYS[2])
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], '*', 'n', number, 'd', ARGV[1])
return number
