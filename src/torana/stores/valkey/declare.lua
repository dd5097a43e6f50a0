-- A process says what it holds: everything of `rows`, and nothing else. Said after trouble, and after a restart.
-- KEYS: alive, mine, then counters. Answers {0, now, since}, {2, now, since, which budget is not there}.
local given = cmsgpack.unpack(ARGV[1])
local alive, mine = KEYS[1], KEYS[2]
local now = clock(given.now)
local since = since_of(alive, now)
redis.call('HSET', alive, given.proc, text(now))
local said = {}
for place, row in ipairs(given.rows) do
  local key = KEYS[place + 2]
  if row.how == 'spend' and redis.call('HEXISTS', key, 's') == 0 then
    if row.begins < since and row.ends > now then
      return {2, now, since, place}
    end
    begin(key, row, '0', now)
  end
  said[key] = true
  local before = tonumber(redis.call('HGET', key, 'p:' .. given.proc) or 0)
  hold(key, row.how == 'held' and 't' or 'h', given.proc, mine, row.amount - before)
  if row.how == 'held' and redis.call('EXISTS', key) == 1 then
    redis.call('PEXPIRE', key, HELD_MS)
  end
end
for _, key in ipairs(redis.call('SMEMBERS', mine)) do
  local money = redis.call('HEXISTS', key, 's') == 1
  if not said[key] and (given.money or not money) then
    release(key, money and 'h' or 't', given.proc, mine, 9007199254740991)
    redis.call('SREM', mine, key)
  end
end
return {0, now, since}
