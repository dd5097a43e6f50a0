-- What all scripts share: the clock, numbers that lose no digit, and how each algorithm counts. Put before each script.
-- Numbers are exact below 2^53: for money that is nine million of a currency in one counter.
local SLICES = 120

local function text(number)
  return string.format('%.0f', number)
end

local function add(key, field, amount)
  return redis.call('HINCRBY', key, field, text(amount))
end

-- Milliseconds: the server's, so that no two gateways need the same clock. Tests give their own.
local function clock(given)
  if given then
    return given
  end
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end

local function numbers(key, ...)
  local found = redis.call('HMGET', key, ...)
  for place = 1, #found do
    found[place] = found[place] and tonumber(found[place])
  end
  return found
end

-- A sliding window: a field for each slice, t their sum, o the oldest slice, n the newest. What was taken in a slice
-- leaves a window after the slice's end: never too lenient, a 120th of the window too strict at the most.
local sliding = {}

function sliding.used(key, row, now)
  local slice = math.floor(now * SLICES / row.window)
  local found = numbers(key, 't', 'o', 'n')
  local total, oldest, newest = found[1], found[2], found[3]
  if not total or newest < slice - SLICES then
    redis.call('DEL', key)
    return 0
  end
  if newest > slice then -- the clock was set back: what lies in the future was taken just now
    redis.call('DEL', key)
    redis.call('HSET', key, 't', text(total), 'o', slice, 'n', slice, slice, text(total))
    redis.call('PEXPIRE', key, math.ceil(row.window * (SLICES + 2) / SLICES))
    return total
  end
  if oldest < slice - SLICES then
    for gone = oldest, slice - SLICES - 1 do
      local amount = redis.call('HGET', key, gone)
      if amount then
        total = total - tonumber(amount)
        redis.call('HDEL', key, gone)
      end
    end
    redis.call('HSET', key, 't', text(total), 'o', slice - SLICES)
  end
  return total
end

function sliding.take(key, row, amount, now)
  local slice = math.floor(now * SLICES / row.window)
  add(key, slice, amount)
  add(key, 't', amount)
  redis.call('HSETNX', key, 'o', slice)
  redis.call('HSET', key, 'n', slice)
  redis.call('PEXPIRE', key, math.ceil(row.window * (SLICES + 2) / SLICES))
end

function sliding.settle(key, row, now)
  local slice = math.floor(row.at * SLICES / row.window)
  if redis.call('HEXISTS', key, slice) == 1 then
    add(key, slice, row.actual - row.amount)
    add(key, 't', row.actual - row.amount)
  end
end

function sliding.fits(key, row, wanted, used, now)
  local slice = math.floor(now * SLICES / row.window)
  local oldest = tonumber(redis.call('HGET', key, 'o') or slice)
  for leaving = oldest, slice do
    used = used - tonumber(redis.call('HGET', key, leaving) or 0)
    if used + wanted <= row.most then
      return math.max(0, math.ceil((leaving + SLICES + 1) * row.window / SLICES) - now)
    end
  end
  return row.window
end

-- A fixed window: w its number since the epoch, t what was taken in it.
local fixed = {}

function fixed.used(key, row, now)
  local found = numbers(key, 'w', 't')
  local number = math.floor(now / row.window)
  if not found[1] or number > found[1] then
    return 0
  end
  if number < found[1] then -- set back: what was taken in a future that is no more counts as taken in this window
    redis.call('HSET', key, 'w', number)
  end
  return found[2]
end

function fixed.take(key, row, amount, now)
  local used = fixed.used(key, row, now)
  redis.call('HSET', key, 'w', math.floor(now / row.window), 't', text(used + amount))
  redis.call('PEXPIRE', key, math.ceil(row.window * 2))
end

function fixed.settle(key, row, now)
  local found = numbers(key, 'w', 't')
  if found[1] == math.floor(row.at / row.window) then
    redis.call('HSET', key, 't', text(math.max(0, found[2] + row.actual - row.amount)))
  end
end

function fixed.fits(key, row, wanted, used, now)
  if wanted > row.most then
    return row.window
  end
  return (math.floor(now / row.window) + 1) * row.window - now
end

-- A token bucket: d what is missing x the window's milliseconds, s when that was so, r rate and burst it was made with.
-- What a process took in advance is in l:<process> as amount:end, their sum in l, the first end in e. It is not owed yet:
-- else it would be filled up again before it is used, and a burst be larger by that. Once it ends, it is owed.
local bucket = {}
local LONGEST_LEASE_MS = 60000

local function debt_of(key, row, now)
  local found = redis.call('HMGET', key, 'd', 's', 'r')
  if not found[1] or found[3] ~= row.rate .. ':' .. row.most then
    return 0
  end
  local debt, passed = tonumber(found[1]), now - tonumber(found[2])
  if passed < 0 then -- a clock set back fills nothing, and takes nothing away
    redis.call('HSET', key, 's', text(now))
  end
  return math.max(0, debt - math.max(0, passed) * row.rate)
end

local function owe(key, row, debt, now)
  local lent = tonumber(redis.call('HGET', key, 'l') or 0)
  redis.call('HSET', key, 'd', text(debt), 's', text(now), 'r', row.rate .. ':' .. row.most)
  redis.call('PEXPIRE', key, math.ceil((debt + lent * row.window) / row.rate) + 3000)
end

local function is_over(ends, now)
  return ends <= now or ends > now + LONGEST_LEASE_MS -- or else the clock was set back
end

local function lease_of(key, field)
  local amount, ends = string.match(redis.call('HGET', key, field) or '0:0', '(%d+):(%d+)')
  return tonumber(amount), tonumber(ends)
end

local function lent_of(key, row, now)
  local found = numbers(key, 'l', 'e')
  local sum, first = found[1] or 0, nil
  if sum == 0 or not is_over(found[2], now) then
    return sum
  end
  local over = 0
  for _, field in ipairs(redis.call('HKEYS', key)) do
    if string.sub(field, 1, 2) == 'l:' then
      local amount, ends = lease_of(key, field)
      if is_over(ends, now) then
        redis.call('HDEL', key, field)
        over = over + amount
      else
        first = math.min(first or ends, ends)
      end
    end
  end
  redis.call('HSET', key, 'l', text(sum - over), 'e', text(first or 0))
  owe(key, row, debt_of(key, row, now) + over * row.window, now)
  return sum - over
end

function bucket.used(key, row, now)
  local lent = lent_of(key, row, now)
  return math.ceil(debt_of(key, row, now) / row.window) + lent
end

function bucket.take(key, row, amount, now)
  owe(key, row, debt_of(key, row, now) + amount * row.window, now)
end

function bucket.lend(key, row, proc, now)
  local field, ends = 'l:' .. proc, now + row.keep
  local before = lease_of(key, field)
  local found = numbers(key, 'l', 'e')
  local first = (found[1] or 0) > 0 and math.min(found[2], ends) or ends
  redis.call('HSET', key, field, text(before + row.extra) .. ':' .. text(ends))
  redis.call('HSET', key, 'l', text((found[1] or 0) + row.extra), 'e', text(first))
  owe(key, row, debt_of(key, row, now), now)
end

function bucket.settle(key, row, now)
  local more = row.actual - (row.amount or 0)
  if row.lease then -- what was used of a lease is owed from now on; of one that ended all is owed already
    local field = 'l:' .. row.proc
    local lent = lent_of(key, row, now)
    local before, ends = lease_of(key, field)
    local there = math.min(row.lease, before)
    if before > there then
      redis.call('HSET', key, field, text(before - there) .. ':' .. text(ends))
    else
      redis.call('HDEL', key, field)
    end
    redis.call('HSET', key, 'l', text(lent - there))
    more = row.actual - row.lease + there
  end
  owe(key, row, math.max(0, debt_of(key, row, now) + more * row.window), now)
end

function bucket.fits(key, row, wanted, used, now)
  local missing = debt_of(key, row, now) + (lent_of(key, row, now) + wanted - row.most) * row.window
  if wanted > row.most then
    missing = row.most * row.window
  end
  return math.max(0, math.ceil(missing / row.rate))
end

-- What is held by process, in p:<process>: its sum is t (requests at once) or h (money, beside s settled, u unknown).
-- Of requests at once, k is until when places may lie idle in some process.
-- The set `mine` names the counters in which a process holds something.
local HELD_MS = 86400000

local function hold(key, sum, proc, mine, amount)
  if amount == 0 then
    return
  end
  if add(key, 'p:' .. proc, amount) == 0 then
    redis.call('HDEL', key, 'p:' .. proc)
    redis.call('SREM', mine, key)
  elseif amount > 0 then
    redis.call('SADD', mine, key)
  end
  add(key, sum, amount)
end

-- Take up to `amount` away from what the process holds; how much that was.
local function release(key, sum, proc, mine, amount)
  local given = math.min(amount, tonumber(redis.call('HGET', key, 'p:' .. proc) or 0))
  hold(key, sum, proc, mine, -given)
  return given
end

-- What other processes hold that gave no sign for so long is nobody's (`into` nil), or moves into the field `into`.
local function sweep(key, sum, given, now, silent, into)
  local all = redis.call('HGETALL', key)
  for place = 1, #all, 2 do
    if string.sub(all[place], 1, 2) == 'p:' and all[place] ~= 'p:' .. given.proc then
      local seen = tonumber(redis.call('HGET', KEYS[1], string.sub(all[place], 3)) or 0)
      if now - seen > silent then
        local amount = tonumber(all[place + 1])
        redis.call('HDEL', key, all[place])
        add(key, sum, -amount)
        if into then
          add(key, into, amount)
        end
      end
    end
  end
end

local held = {}
local IDLE_MS = 600

function held.used(key, row, now)
  return tonumber(redis.call('HGET', key, 't') or 0)
end

function held.fits(key, row, wanted, used, now)
  local idle = tonumber(redis.call('HGET', key, 'k') or 0)
  return idle > now and idle - now <= IDLE_MS and idle - now or 0
end

local spend = {}

function spend.used(key, row, now)
  local found = numbers(key, 's', 'h', 'u')
  return (found[1] or 0) + (found[2] or 0) + (found[3] or 0)
end

function spend.fits(key, row, wanted, used, now)
  return math.max(0, row.ends - now)
end

local COUNTING = {sliding_window = sliding, fixed_window = fixed, token_bucket = bucket, held = held, spend = spend}

-- Since when the keys of this tenant are there: another value tells that the store lost them.
local function since_of(alive, now)
  local since = redis.call('HGET', alive, '@since')
  if not since then
    redis.call('HSET', alive, '@since', text(now))
    return now
  end
  return tonumber(since)
end

local function begin(key, row, settled, now)
  redis.call('HSET', key, 's', settled, 'h', '0', 'u', '0')
  redis.call('PEXPIRE', key, text(math.max(0, row.ends - now) + 7 * HELD_MS))
end
