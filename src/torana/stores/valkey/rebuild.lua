-- Begin a budget that is not there with what records say was spent, and how far each spool was in them.
-- KEYS: alive, the budget. Answers {0, now, since}. One that is there by now is left alone.
local given = cmsgpack.unpack(ARGV[1])
local key = KEYS[2]
local now = clock(given.now)
local since = since_of(KEYS[1], now)
if redis.call('HEXISTS', key, 's') == 0 then
  begin(key, given, text(given.settled), now)
  for _, one in ipairs(given.spools) do
    redis.call('HSET', key, '@' .. one[1], text(one[2]))
  end
  if given.wait > 0 then -- other processes hold money that this counter does not know of yet
    redis.call('HSET', key, 'w', text(now + given.wait))
  end
end
return {0, now, since}
