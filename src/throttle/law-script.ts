/**
 * The law as one script for Redis: loads the state of a tenant and app, lets the law decide by the server's clock, stores the state. A
 * script that fails has stored nothing.
 *
 * A state that is begun anew is `born` at another time. Who knows the one before is told so instead of an answer, and comes with what it
 * kept (`adopt`): its own leases, and a copy of the state for a Redis that lost everything.
 *
 * KEYS  1 state, packed with cmsgpack (doubles stay exact); 2 the operator's orders, JSON
 * ARGV  1 what to do: ask, report, upkeep, view or adopt; 2 its input, JSON; 3 channel of all processes; 4 name of this gate there;
 *       5 the time to decide by, for tests, else empty
 * Answers  JSON; with `orders` alone when the asker holds other orders than these: it comes again with settings made from them; with
 *          `lost` alone when the state is not the one the asker knows: it adopts, and comes again
 */
import { LAW_LUA } from "./law-lua.ts";

/** What was learned is kept until the next night, and over a weekend. */
const KEEP_MS = 7 * 86_400_000;
/** A gate that was silent for longer starts with half of what it knew. */
export const RESUME_AFTER_MS = 30 * 60_000;

export const LAW_SCRIPT = `
local law = (function(...)
local require
${LAW_LUA}
end)()

-- cjson writes 14 digits; a state must come back as it is
local function json(value)
  local kind = type(value)
  if kind == 'number' then return string.format('%.17g', value) end
  if kind == 'boolean' then return tostring(value) end
  if kind ~= 'table' then return cjson.encode(value) end
  local parts = {}
  if #value > 0 then
    for i = 1, #value do parts[i] = json(value[i]) end
    return '[' .. table.concat(parts, ',') .. ']'
  end
  for name, each in pairs(value) do parts[#parts + 1] = cjson.encode(name) .. ':' .. json(each) end
  return '{' .. table.concat(parts, ',') .. '}'
end

local input = cjson.decode(ARGV[2])
local now = tonumber(ARGV[5])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end

if ARGV[1] == 'ask' then
  local orders = redis.call('GET', KEYS[2]) or ''
  if redis.sha1hex(orders) ~= input.orders then return cjson.encode({ orders = orders }) end
end

local function decide(state)
  if now - state.baseMs - state.t > ${RESUME_AFTER_MS} then law.resume(state, now) end
  if (input.closedMs or 0) > 0 then law.close(state, now + input.closedMs, input.settings, now) end
  local answer = { now = now }
  if ARGV[1] == 'ask' then
    answer.answers = {}
    answer.leases = {}
    local held
    for i, ask in ipairs(input.asks) do
      if ask.kind ~= held then
        local one = law.acquire(state, ask, input.settings, now)
        answer.answers[i] = one
        if one.kind == 'go' then answer.leases[ask.lease] = state.leases[ask.lease] end
        if one.kind == 'wait' then
          if one.because ~= 'destructive' then break end
          held = ask.kind
        end
      else
        answer.answers[i] = answer.answers[i - 1]
      end
    end
  elseif ARGV[1] == 'report' then
    answer.reaction = law.report(state, input.lease, input.result, input.settings, now)
  elseif ARGV[1] == 'upkeep' then
    for _, lease in ipairs(input.renew) do law.renew(state, lease, input.settings, now) end
    for _, lease in ipairs(input.back) do law.giveBack(state, lease, now) end
    answer.processes = law.view(state, input.settings, now).processes
    answer.state = state
  elseif ARGV[1] == 'adopt' then
    for id, lease in pairs(state.leases) do
      if lease.process == input.process and not input.leases[id] then state.leases[id] = nil end
    end
    for id, lease in pairs(input.leases) do
      state.leases[id] = lease
      law.renew(state, id, input.settings, now)
    end
  else
    answer.view = law.view(state, input.settings, now)
    answer.counted = { openMs = state.openMs, fullMs = state.fullMs }
  end
  return answer
end

local fresh = law.newState(now)
fresh.born = now
local packed = redis.call('GET', KEYS[1])
local read, state = pcall(cmsgpack.unpack, packed or '')
if not packed or not read or type(state) ~= 'table' or state.version ~= fresh.version then
  state = fresh
  if ARGV[1] == 'adopt' and type(input.state) == 'table' and input.state.version == fresh.version then
    state = input.state
    state.born = now
  end
end
state.born = state.born or now
if input.born and state.born ~= input.born and ARGV[1] ~= 'adopt' then return '{"lost":true}' end
-- What another version left behind must not stop a tenant for ever: what cannot be continued is begun anew.
local done, answer = pcall(decide, state)
if not done then
  state = fresh
  answer = decide(state)
end
if ARGV[1] ~= 'view' then answer.born = state.born end

local reaction = answer.reaction
if reaction and reaction.closed then
  redis.call('PUBLISH', ARGV[3], ARGV[4] .. ' ' .. math.ceil(reaction.closedUntilMs - now))
elseif (reaction and reaction.roomy) or (input.back and #input.back > 0) then
  redis.call('PUBLISH', ARGV[3], ARGV[4])
end
if ARGV[1] ~= 'view' then redis.call('SET', KEYS[1], cmsgpack.pack(state), 'PX', ${KEEP_MS}) end
return json(answer)
`;
