-- Settle Receipts, each exactly once: what lies beyond the position that is remembered beside the counters.
-- KEYS: alive, mine, applied, then budgets. Answers {0, now, since, for each budget: settled before, settled now, taken
-- from what the process holds}, {2, now, since, which budget is not there}.
local given = cmsgpack.unpack(ARGV[1])
local alive, mine, applied = KEYS[1], KEYS[2], KEYS[3]
local now = clock(given.now)
local since = since_of(alive, now)
local done = tonumber(redis.call('HGET', applied, given.spool) or 0)
for place, row in ipairs(given.budgets) do
  local key = KEYS[place + 3]
  if redis.call('HEXISTS', key, 's') == 0 then
    if row.begins < since and row.ends > now then
      return {2, now, since, place}
    end
    begin(key, row, '0', now)
  end
  row.before = tonumber(redis.call('HGET', key, 's'))
  row.from = math.max(done, tonumber(redis.call('HGET', key, '@' .. given.spool) or 0))
  row.taken = 0
end
for _, one in ipairs(given.receipts) do
  local row, key = given.budgets[one[2]], KEYS[one[2] + 3]
  local cost = one[3]
  if one[1] > row.from then
    add(key, 's', cost)
    if one[4] then
      local taken = release(key, 'h', given.proc, mine, cost)
      local unknown = math.min(cost - taken, tonumber(redis.call('HGET', key, 'u') or 0))
      row.taken = row.taken + taken
      if unknown > 0 then
        add(key, 'u', -unknown)
      end
    end
  end
end
if given.position > done then
  redis.call('HSET', applied, given.spool, text(given.position))
end
local answer = {0, now, since}
for place, row in ipairs(given.budgets) do
  answer[#answer + 1] = row.before
  answer[#answer + 1] = tonumber(redis.call('HGET', KEYS[place + 3], 's'))
  answer[#answer + 1] = row.taken
end
return answer
