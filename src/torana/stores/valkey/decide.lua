-- One decision: give back what was queued, look at all charges, take all of them or none.
-- KEYS: alive, mine, then counters. Answers {0, now, since, used and granted of each charge},
-- {1, now, since, which does not fit, used, ms until it may}, {2, now, since, which budget is not there},
-- {3, now, since}: nobody waits for this any more, {4, now, since, which}: a budget that others have yet to declare.
local given = cmsgpack.unpack(ARGV[1])
local alive, mine = KEYS[1], KEYS[2]
local now = clock(given.now)
local since = since_of(alive, now)
if given.late and now > given.late then
  return {3, now, since}
end
if given.hello then
  redis.call('HSET', alive, given.proc, text(now))
end

for _, row in ipairs(given.back) do
  local key = KEYS[row.key]
  if row.how == 'held' then
    release(key, 't', given.proc, mine, row.amount)
  elseif row.how == 'spend' then
    release(key, 'h', given.proc, mine, row.amount)
  elseif row.how == 'restore' then
    if redis.call('HEXISTS', key, 's') == 0 then
      begin(key, row, text(row.settled), now)
    elseif tonumber(redis.call('HGET', key, 's')) < row.settled then
      redis.call('HSET', key, 's', text(row.settled))
    end
  else
    COUNTING[row.how].settle(key, row, now)
  end
end

local asked, answer = {}, {0, now, since}
for place, row in ipairs(given.rows) do
  local key, counting = KEYS[row.key], COUNTING[row.how]
  if row.how == 'spend' and redis.call('HEXISTS', key, 's') == 0 then
    if row.begins < since then
      return {2, now, since, place}
    end
    begin(key, row, '0', now)
  end
  local used, before = counting.used(key, row, now), asked[row.key] or 0
  local wanted = before + row.amount
  if row.hard and row.amount > 0 then
    if used + wanted > row.most and (row.how == 'held' or row.how == 'spend') then
      if row.how == 'held' then
        sweep(key, 't', given, now, given.dead, nil)
      else
        sweep(key, 'h', given, now, given.gone, 'u')
      end
      used = counting.used(key, row, now)
    end
    if used + wanted > row.most then
      return {1, now, since, place, used, counting.fits(key, row, wanted, used, now)}
    end
    if row.how == 'spend' and now < tonumber(redis.call('HGET', key, 'w') or 0) then
      return {4, now, since, place}
    end
  end
  asked[row.key] = wanted
  local granted = row.amount
  if row.how == 'spend' and row.wish > row.amount and row.amount > 0 and before == 0 then
    -- More than is needed, so that the next requests need not ask: at most a hundredth of what is left.
    granted = math.max(row.amount, math.min(row.wish, math.floor((row.most - used) / 100)))
    asked[row.key] = granted
  end
  row.extra = 0
  if row.more > 0 and before == 0 then
    -- The same for rates and requests at once: there, only while more than half is free, and a few.
    local left = row.most - used - row.amount
    if row.how == 'held' then
      left = left > row.most / 2 and left * 6 or 0
    end
    row.extra = math.min(row.more, math.floor(left / 100))
    row.extra = row.extra < row.amount and 0 or row.extra -- less than the next request needs helps nobody
    granted = granted + row.extra
    asked[row.key] = granted
  end
  answer[#answer + 1] = used + asked[row.key]
  answer[#answer + 1] = row.look and row.how == 'spend' and tonumber(redis.call('HGET', key, 'h')) or granted
  row.granted = granted
end

for _, row in ipairs(given.rows) do
  local key = KEYS[row.key]
  if row.granted > 0 then
    if row.how == 'held' then
      hold(key, 't', given.proc, mine, row.granted)
      if row.extra > 0 then
        redis.call('HSET', key, 'k', text(now + IDLE_MS))
      end
      redis.call('PEXPIRE', key, HELD_MS)
    elseif row.how == 'spend' then
      hold(key, 'h', given.proc, mine, row.granted)
    elseif row.how == 'token_bucket' then
      bucket.take(key, row, row.amount, now)
      if row.extra > 0 then
        bucket.lend(key, row, given.proc, now)
      end
    else
      COUNTING[row.how].take(key, row, row.granted, now)
    end
  end
end
return answer
