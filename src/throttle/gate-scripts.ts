/**
 * The gate's state in Redis, per tenant and app, and the scripts that change it. Each script runs whole or not at all, by the server's clock.
 *
 * Keys of one tenant and app, all in one slot of a Redis Cluster:
 *   state   hash, see FIELDS
 *   leases  sorted set: `process/number/calls` of every batch on the wire, scored with the ms when it is given up for dead
 *   asking  sorted set: processes that asked and got nothing, scored with when
 *   seen    sorted set: processes that use this gate, scored with when they were last seen
 */

/** FIELDS of the state hash, all numbers; times are the server's, in ms.
 *   w          window: batches at once
 *   maxw       its bound in the settings
 *   untl       nobody may send before
 *   closed     when the gate was last closed
 *   half       1: reopening, waits for a scout; 2: the scout is on its way
 *   confirm    when silence of the scout counts as yes
 *   rtt        how long a refusal takes, smoothed
 *   fails      refusals of the whole tenant in a row
 *   round      when the window was last cut
 *   places     batches on the wire at that time, of which
 *   refused    were refused since
 *   cut        1 once a refusal of a place was seen: the window then grows slowly
 *   ok         1 once a batch passed since the last cut, whenever it left
 *   cool       with nothing on the wire and ok = 0: no batch before
 *   still      the window does not grow before
 *   calls      most calls in a batch, once one was too large
 *   grumble    when items were last refused
 *   rlimit, rleft, rreset   Rate-Limit: the limit, what we believe is left, and until when
 *   rread, rcalls, rreqs    Remaining as last read, and what was answered since, in calls and in requests
 *   unit       votes, > 1: Remaining counts requests, else calls
 *   misread    how often Remaining was wrong
 *   blind      no belief in Rate-Limit before
 *   next       the pacer lets nothing go before
 */
const PRELUDE = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local state, changed = {}, {}
local raw = redis.call('HGETALL', KEYS[1])
for i = 1, #raw, 2 do state[raw[i]] = tonumber(raw[i + 1]) end
local function get(name) return state[name] or 0 end
local function put(name, value) state[name] = value; changed[name] = value end
local function save()
  local list = {}
  for name, value in pairs(changed) do list[#list + 1] = name; list[#list + 1] = value end
  if #list > 0 then redis.call('HSET', KEYS[1], unpack(list)) end
  for i = 1, 4 do redis.call('PEXPIRE', KEYS[i], 86400000) end
end
local function places() return math.max(1, math.floor(state.w + 0.001)) end
-- what a process knows and Redis lost; a few ms of difference are the way here
local function known(closed)
  if closed > 0 and now + closed > get('untl') + 100 then put('untl', now + closed); put('closed', now); put('half', 1) end
end
local function round(number) return math.floor(number + 0.5) end
`;

/** How long a denied process counts as wanting its share, and a silent one as still there. */
const ASKING_MS = 1_500;
const SEEN_MS = 300_000;

/**
 * KEYS  1 state, 2 leases, 3 asking, 4 seen
 * ARGV  1 process, 2 number of its first new lease, 3 batches wanted, 4 calls waiting,
 *       5 window when there is none yet, 6 most it may become, 7 lease ms, 8 calls a batch starts with, 9 most calls in a batch,
 *       10 ms the asker knows the gate to be closed for
 * Answers  wait ms (0: something was granted), window x 1000, on the wire, closed for ms, calls cap, processes, now,
 *          then for each batch granted: calls, 1 when it fills the window, 1 when it is the scout
 */
export const ENTER = `${PRELUDE}
local me, first, wanted, waiting = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local lease, start, most = tonumber(ARGV[7]), tonumber(ARGV[8]), tonumber(ARGV[9])
if not state.w then put('w', tonumber(ARGV[5])) end
if get('maxw') ~= tonumber(ARGV[6]) then put('maxw', tonumber(ARGV[6])) end
if state.w > get('maxw') then put('w', get('maxw')) end
known(tonumber(ARGV[10]))
redis.call('ZADD', KEYS[4], now, me)
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', now - ${SEEN_MS})
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', now - ${ASKING_MS})

local members = redis.call('ZRANGE', KEYS[2], 0, -1)
local flying, held = #members, 0
for _, member in ipairs(members) do
  if string.sub(member, 1, #me + 1) == me .. '/' then held = held + 1 end
end
redis.call('ZREM', KEYS[3], me)
local others = redis.call('ZCARD', KEYS[3])
local cap = state.calls and math.min(state.calls, most) or most
local grants, wait = {}, 0

local function grant(calls, full, scout)
  redis.call('ZADD', KEYS[2], now + lease, me .. '/' .. (first + #grants / 3) .. '/' .. calls)
  grants[#grants + 1] = calls; grants[#grants + 1] = full; grants[#grants + 1] = scout
  flying = flying + 1; held = held + 1
end

-- Rate-Limit: how long until the next batch, and how many calls it may have
local function pace(calls)
  if not state.rreset or now >= state.rreset or now < get('blind') then return 0, calls end
  local requests = get('unit') > 1
  local left = state.rreset - now
  if state.rleft < 1 then return left + 50, calls end
  if not requests then calls = math.max(1, math.min(calls, math.floor(state.rleft))) end
  if waiting <= state.rleft / 4 and state.rleft >= state.rlimit / 2 then return 0, calls end
  if now < get('next') then return get('next') - now, calls end
  return 0, calls
end
local function paid(calls)
  if not state.rreset or now >= state.rreset then return end
  local cost = get('unit') > 1 and 1 or calls
  put('next', math.max(get('next'), now) + (state.rreset - now) / math.max(1, state.rleft) / 1.05 * cost)
  put('rleft', state.rleft - cost)
end

if now < get('untl') then
  wait = state.untl - now
elseif get('half') == 2 and now < get('confirm') then
  wait = state.confirm - now
elseif get('half') == 1 then
  put('half', 2)
  put('confirm', now + math.max(150, math.min(1500, 3 * (state.rtt or 400))))
  paid(1)
  grant(1, 0, 1)
elseif flying == 0 and get('ok') == 0 and now < get('cool') then
  wait = state.cool - now
else
  if get('half') == 2 then put('half', 0) end
  local share = others > 0 and math.ceil(places() / (others + 1)) or places()
  local calm = now - get('grumble') > 30000
  while #grants / 3 < wanted and flying < places() and held < share do
    local fills = flying + 1 >= places()
    local calls = math.min(cap, start)
    if fills and calm and waiting - start * #grants / 3 > start then calls = cap end
    local pause, allowed = pace(calls)
    if pause > 0 then wait = math.ceil(pause); break end
    paid(allowed)
    grant(allowed, fills and 1 or 0, 0)
  end
  if #grants == 0 and wait == 0 then wait = 250 end
end
if #grants > 0 then wait = 0 else redis.call('ZADD', KEYS[3], now, me) end
save()
return { math.ceil(wait), round(state.w * 1000), flying, math.max(0, math.ceil(get('untl') - now)), cap,
  redis.call('ZCARD', KEYS[4]), now, unpack(grants) }
`;

/**
 * KEYS  1 state, 2 leases, 3 asking, 4 seen
 * ARGV  1 lease, 2 when it was granted, 3 1 when it filled the window, 4 1 when it was the scout, 5 calls, 6 ms it took,
 *       7 what came: ok, fault, tenant, slot, mailbox or none (nothing was sent), 8 Retry-After ms or -1, 9 most of it that is believed,
 *       10 1 when the batch was too large, 11 12 13 Rate-Limit limit, remaining, ms to its reset, or -1, 14 channel of all processes,
 *       15 name of this gate there (alone: somebody made room; with a number: closed for so many ms), 16 process
 * Answers  window before and after x 1000, closed for ms, calls cap before and after (0: none), on the wire, now, half
 */
export const REPORT = `${PRELUDE}
local id, granted, full, scout = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', ARGV[4] == '1'
local calls, took, kind, after = tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7], tonumber(ARGV[8])
if not state.w then put('w', 1) end
local before, capBefore = state.w, get('calls')
local flying = redis.call('ZCARD', KEYS[2])
redis.call('ZREM', KEYS[2], id)
-- left after the gate was last closed; of two in the same ms, the batch counts as the earlier
local fresh = granted > get('closed')

local read = tonumber(ARGV[12])
if kind ~= 'none' then put('rcalls', get('rcalls') + calls); put('rreqs', get('rreqs') + 1) end
if kind == 'tenant' and fresh and state.rreset and now < state.rreset and state.rleft > calls then
  put('misread', get('misread') + 1)
end
if read >= 0 then
  local reset = now + tonumber(ARGV[13])
  if state.rread and math.abs(reset - get('rreset')) < 2000 then
    local fall = state.rread - read
    if fall < -0.1 * tonumber(ARGV[11]) then
      put('misread', get('misread') + 1)
    elseif fall > 0 and get('rcalls') ~= get('rreqs') then
      local vote = math.abs(fall - state.rreqs) < math.abs(fall - state.rcalls) and 1 or -1
      put('unit', math.max(-4, math.min(4, get('unit') + vote)))
    end
  end
  put('rread', read); put('rcalls', 0); put('rreqs', 0)
  local unseen = 0
  for _, member in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
    unseen = unseen + (get('unit') > 1 and 1 or tonumber(string.match(member, '(%d+)$')))
  end
  put('rlimit', tonumber(ARGV[11])); put('rreset', reset); put('rleft', math.max(0, read - unseen))
end
if get('misread') >= 3 then put('blind', now + 600000); put('misread', 0) end

if kind == 'ok' or kind == 'mailbox' then
  if scout and get('half') == 2 then put('half', 0) end
  if fresh and kind == 'ok' then put('fails', 0) end
  put('ok', 1)
  if kind == 'ok' and full and granted > get('round') and now >= get('still') then
    put('w', math.min(state.maxw or state.w, state.w + (get('cut') == 1 and 1 / state.w or 0.5)))
  end
elseif kind == 'tenant' then
  put('grumble', now)
  if took < 5000 then put('rtt', state.rtt and state.rtt * 0.7 + took * 0.3 or took) end
  if fresh then
    put('fails', get('fails') + 1)
    put('w', math.max(1, state.w / 2))
    put('round', now); put('places', flying); put('refused', 1); put('cut', 1); put('ok', 0); put('cool', 0)
  end
  if after < 0 then after = math.min(256000, 2000 * 2 ^ (math.max(1, get('fails')) - 1)) end
  put('untl', math.max(get('untl'), now + math.min(after, tonumber(ARGV[9])) + 50))
  put('closed', now); put('half', 1)
elseif kind == 'slot' then
  if took < 5000 then put('rtt', state.rtt and state.rtt * 0.7 + took * 0.3 or took) end
  if scout and get('half') == 2 then put('half', 0) end
  if after < 0 then after = 1000 end
  after = math.min(after, tonumber(ARGV[9]))
  if granted > get('round') then
    put('round', now); put('places', flying); put('refused', 1); put('cut', 1); put('ok', 0)
    put('cool', now + after)
    put('w', math.max(1, math.min(state.w * 0.7, flying - 1)))
  else
    put('refused', get('refused') + 1)
    put('w', math.max(1, math.min(state.w, get('places') - state.refused)))
  end
  put('still', math.max(get('still'), now + after))
elseif scout and get('half') == 2 then
  put('half', 1)
end

if ARGV[10] == '1' and calls > 1 then
  for _, size in ipairs({ 15, 10, 5, 2, 1 }) do
    if size < calls then put('calls', math.min(size, get('calls') > 0 and state.calls or size)); break end
  end
end
save()
if kind == 'tenant' then
  redis.call('PUBLISH', ARGV[14], ARGV[15] .. ' ' .. math.ceil(get('untl') - now))
elseif redis.call('ZCARD', KEYS[3]) > (redis.call('ZSCORE', KEYS[3], ARGV[16]) and 1 or 0) then
  redis.call('PUBLISH', ARGV[14], ARGV[15])
end
return { round(before * 1000), round(state.w * 1000), math.max(0, math.ceil(get('untl') - now)), capBefore, get('calls'),
  redis.call('ZCARD', KEYS[2]), now, get('half') }
`;

/**
 * KEYS  1 state, 2 leases, 3 asking, 4 seen
 * ARGV  1 process, 2 lease ms, 3 ms the process knows the gate to be closed for, 4 how many of the following leases are kept,
 *       then leases: first those kept, then those given back
 * Answers  nothing
 */
export const RENEW = `${PRELUDE}
redis.call('ZADD', KEYS[4], now, ARGV[1])
known(tonumber(ARGV[3]))
for i = 5, #ARGV do
  if i - 4 <= tonumber(ARGV[4]) then redis.call('ZADD', KEYS[2], now + ARGV[2], ARGV[i]) else redis.call('ZREM', KEYS[2], ARGV[i]) end
end
save()
`;

/**
 * KEYS  1 state, 2 leases, 3 asking, 4 seen
 * Answers  window x 1000 (0: never used), on the wire, closed for ms, calls cap (0: none), Rate-Limit limit, left, ms to reset (-1: none)
 */
export const STATUS = `${PRELUDE}
local blocked = get('untl')
if redis.call('ZCOUNT', KEYS[2], now, '+inf') == 0 and get('ok') == 0 then blocked = math.max(blocked, get('cool')) end
local known = state.rreset and now < state.rreset
return { round(get('w') * 1000), redis.call('ZCOUNT', KEYS[2], now, '+inf'), math.max(0, math.ceil(blocked - now)), get('calls'),
  known and state.rlimit or -1, known and round(state.rleft) or -1, known and math.ceil(state.rreset - now) or -1 }
`;
