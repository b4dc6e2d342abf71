/** The law in Lua 5.1, made from src/throttle/law by `npm run build:law`: change that, not this. Sources: sha256 06755dbf7974978b84ba30257b0e0d9db6c3872eba9cde755105239b90380c6f. */
export const LAW_LUA = String.raw`
local ____modules = {}
local ____moduleCache = {}
local ____originalRequire = require
local function require(file, ...)
    if ____moduleCache[file] then
        return ____moduleCache[file].value
    end
    if ____modules[file] then
        local module = ____modules[file]
        local value = nil
        if (select("#", ...) > 0) then value = module(...) else value = module(file) end
        ____moduleCache[file] = { value = value }
        return value
    else
        if ____originalRequire then
            return ____originalRequire(file)
        else
            error("module '" .. file .. "' not found")
        end
    end
end
____modules = {
["lualib_bundle"] = function(...)
local function __TS__Delete(target, key) target[key] = nil return true end
return {__TS__Delete = __TS__Delete}
end,
["types"] = function(...) 
local ____exports = {}
return ____exports
 end,
["state"] = function(...) 
local ____exports = {}
return ____exports
 end,
["beat"] = function(...) 
local ____exports = {}
local LONG_WAITS = 4
local LONGEST_WRONG = 2
local CANARY_MOST = 20
local SPARE_MS = 8000
local SOON = 1000000
function ____exports.newBeat()
    return {
        known = 0,
        wrong = 0,
        resetAt = 0,
        saidMs = 0,
        periodMs = 0,
        calls = 0,
        requests = 0,
        usedCalls = 0,
        usedRequests = 0,
        canaryAt = 0,
        sinceCanary = 0,
        canarySize = 1,
        canaryLease = ""
    }
end
function ____exports.isMeasured(beat)
    return beat.known == 2
end
function ____exports.passBeat(beat, t)
    if beat.known ~= 2 or t < beat.resetAt then
        return
    end
    local windows = math.floor((t - beat.resetAt) / beat.periodMs) + 1
    beat.resetAt = beat.resetAt + windows * beat.periodMs
    beat.usedCalls = 0
    beat.usedRequests = 0
    beat.canaryLease = ""
end
function ____exports.useBeat(beat, calls)
    beat.usedCalls = beat.usedCalls + calls
    beat.usedRequests = beat.usedRequests + 1
end
function ____exports.hearBeat(beat, pace, untilAt, retryAfterMs, refusedCalls)
    beat.usedCalls = math.max(0, beat.usedCalls - refusedCalls)
    beat.usedRequests = math.max(0, beat.usedRequests - 1)
    if beat.wrong > LONGEST_WRONG then
        return
    end
    if beat.known == 2 then
        local off = math.abs(untilAt - beat.resetAt)
        if off <= math.max(1100, 0.03 * beat.periodMs) then
            local asMany = beat.usedRequests >= 0.93 * beat.requests
            if not asMany and pace.unit > 0 then
                pace.unit = 0
            end
            beat.calls = asMany and math.max(beat.usedCalls, (beat.calls + beat.usedCalls) / 2) or beat.usedCalls
            beat.requests = beat.usedRequests
            beat.canarySize = 1
            beat.sinceCanary = 0
            beat.usedCalls = 0
            beat.usedRequests = 0
            beat.resetAt = untilAt + beat.periodMs
        else
            beat.known = 0
            beat.wrong = beat.wrong + 1
        end
        return
    end
    local windows = beat.periodMs > 0 and math.floor((untilAt - beat.resetAt) / beat.periodMs + 0.5) or 0
    if beat.known == 1 and windows >= 1 then
        local off = math.abs(untilAt - beat.resetAt - windows * beat.periodMs)
        if off <= math.max(1100, 0.03 * beat.periodMs) then
            beat.known = 2
            beat.calls = math.max(1, beat.usedCalls / windows)
            beat.requests = math.max(1, beat.usedRequests / windows)
            beat.usedCalls = 0
            beat.usedRequests = 0
            beat.sinceCanary = 0
            beat.resetAt = untilAt + beat.periodMs
            return
        end
    end
    local rate = beat.usedCalls / math.max(1, untilAt - (beat.known == 1 and beat.resetAt or pace.cycleFrom))
    local batch = beat.usedCalls / math.max(1, beat.usedRequests)
    local isSame = math.abs(retryAfterMs - beat.saidMs) < 500
    beat.saidMs = retryAfterMs
    local isLong = not isSame and beat.usedRequests >= 3 and retryAfterMs > 500 + LONG_WAITS * batch / math.max(1e-9, rate)
    if beat.known == 0 then
        if isLong then
            beat.known = 1
        end
    elseif isLong then
        beat.known = 2
        beat.periodMs = untilAt - beat.resetAt
        beat.calls = beat.usedCalls
        beat.requests = beat.usedRequests
    else
        beat.known = 0
        beat.wrong = beat.wrong + 1
    end
    beat.usedCalls = 0
    beat.usedRequests = 0
    beat.sinceCanary = SOON
    beat.resetAt = beat.known == 2 and untilAt + beat.periodMs or untilAt
end
function ____exports.lateBeat(beat, refusedCalls)
    if beat.known ~= 2 then
        return
    end
    beat.calls = math.max(1, beat.calls - refusedCalls)
    beat.requests = math.max(1, beat.requests - 1)
end
function ____exports.beatLeft(beat, unit, most)
    local requests = beat.requests - beat.usedRequests
    if unit > 0 then
        return math.max(0, requests * most)
    end
    if unit == 0 and requests <= 0 then
        return 0
    end
    return math.max(0, beat.calls - beat.usedCalls)
end
function ____exports.beatRate(beat, unit, most, t)
    local spareMs = math.min(
        0.3 * beat.periodMs,
        math.max(0.1 * beat.periodMs, SPARE_MS)
    )
    return ____exports.beatLeft(beat, unit, most) / math.max(50, beat.resetAt - spareMs - t) * 1000
end
function ____exports.measuringFactor(beat, itemwise, t)
    return itemwise and 2 or 3 * 2 ^ math.min(20, (t - beat.resetAt) / 1000)
end
function ____exports.isCanaryDue(beat, settings)
    if beat.canaryLease ~= "" or settings.probeShare <= 0 then
        return false
    end
    return beat.canarySize > 1 or beat.sinceCanary * settings.wasteShare >= 2.5
end
function ____exports.canaryPassed(beat)
    beat.canaryLease = ""
    if beat.canarySize >= CANARY_MOST then
        beat.known = 1
        beat.resetAt = beat.resetAt - beat.periodMs
        beat.canarySize = 1
        return
    end
    beat.canarySize = math.min(CANARY_MOST, 2 * beat.canarySize)
    beat.calls = math.max(beat.calls, beat.usedCalls)
    beat.requests = math.max(beat.requests, beat.usedRequests)
end
return ____exports
 end,
["quota"] = function(...) 
local ____exports = {}
local vote, forget, unseen
function ____exports.countsRequests(quota)
    return quota.unit > 0
end
function vote(quota)
    if quota.fall > 0 and quota.calls > 3 * quota.requests then
        local asCalls = math.abs(math.log(quota.fall / quota.calls))
        local asRequests = math.abs(math.log(quota.fall / quota.requests))
        quota.unit = math.max(
            -4,
            math.min(4, quota.unit + (asRequests < asCalls and 1 or -1))
        )
    end
    forget(quota)
end
function forget(quota)
    quota.fall = 0
    quota.calls = 0
    quota.requests = 0
end
function unseen(state, t)
    local ____state_1 = state
    local quota = ____state_1.quota
    local window = ____state_1.window
    local underwayMs = 1.1 * (window.rejectionMs > 0 and window.rejectionMs or 100)
    local sum = 0
    for id in pairs(state.leases) do
        do
            local __continue24
            repeat
                local lease = state.leases[id]
                if lease == nil then
                    __continue24 = true
                    break
                end
                if t - lease.sentAt < underwayMs then
                    sum = sum + (____exports.countsRequests(quota) and 1 or lease.calls)
                elseif state.itemwise > 0 and not ____exports.countsRequests(quota) then
                    sum = sum + lease.calls * math.max(
                        0,
                        1 - (t - lease.sentAt) / (lease.calls * math.max(1, state.marks.callMs))
                    )
                end
                __continue24 = true
            until true
            if not __continue24 then
                break
            end
        end
    end
    return sum
end
function ____exports.isBucket(quota)
    return quota.bucketVotes >= 2
end
local LEAD = 1.05
local SAME_WINDOW_MS = 1500
local BLIND_MS = 600000
local MISREADS = 3
local FEW = 20
local VOTE_REQUESTS = 3
local MISREAD_MEMORY_MS = 120000
local LATE_MS = 50
local FOREVER_MS = 86400000
local MOST = 1000000000
function ____exports.newQuota()
    return {
        limit = 0,
        left = 0,
        resetAt = -1,
        periodMs = 0,
        readAt = -1,
        lastLeft = 0,
        fall = 0,
        calls = 0,
        requests = 0,
        unit = 0,
        fill = 0,
        filledAt = -1,
        bucketVotes = 0,
        misreads = 0,
        misreadAt = 0,
        blindUntil = 0
    }
end
function ____exports.isBelieved(quota, t)
    return quota.readAt >= 0 and t >= quota.blindUntil and t - quota.readAt < FOREVER_MS
end
local function isSane(rate)
    return rate.limit >= 1 and rate.limit < MOST and rate.remaining >= 0 and rate.remaining <= rate.limit and rate.resetInMs >= 0 and rate.resetInMs <= FOREVER_MS
end
function ____exports.read(state, rate, passed, whole, t)
    local ____state_0 = state
    local quota = ____state_0.quota
    if whole then
        quota.calls = quota.calls + passed
        quota.requests = quota.requests + 1
    end
    if not isSane(rate) then
        return
    end
    local resetAt = t + rate.resetInMs
    local bucket = ____exports.isBucket(quota)
    if quota.readAt >= 0 and t > quota.readAt then
        local moved = resetAt - quota.resetAt
        local fall = quota.lastLeft - rate.remaining
        local inflow = bucket and quota.fill * (t - quota.readAt) / 1000 or 0
        if (bucket or math.abs(moved) < SAME_WINDOW_MS and t < quota.resetAt) and rate.remaining < rate.limit then
            quota.fall = quota.fall + (fall + inflow)
            if not whole then
                forget(quota)
            elseif quota.requests >= VOTE_REQUESTS then
                vote(quota)
            end
        else
            if bucket and rate.remaining >= rate.limit and quota.lastLeft + inflow - passed < rate.limit - 1 then
                quota.unit = math.min(4, quota.unit + 1)
            end
            forget(quota)
        end
        if t < quota.resetAt - 100 and rate.remaining < rate.limit then
            local fill = (rate.limit - rate.remaining) / math.max(1, rate.resetInMs) * 1000
            local grain = math.max(
                0.1,
                1 / math.max(1, rate.limit - rate.remaining)
            )
            local alike = quota.fill > 0 and math.abs(fill / quota.fill - 1) < grain
            if math.abs(moved) > SAME_WINDOW_MS and alike then
                quota.bucketVotes = math.min(6, quota.bucketVotes + 1)
            elseif math.abs(moved) < 200 and not alike then
                quota.bucketVotes = math.max(-3, quota.bucketVotes - 1)
            end
            quota.fill = fill
        end
    end
    if not bucket and math.abs(resetAt - quota.resetAt) > SAME_WINDOW_MS and quota.resetAt >= 0 then
        quota.periodMs = math.max(0, resetAt - quota.resetAt)
    end
    if quota.readAt < 0 and rate.limit < FEW then
        quota.unit = 1
    end
    quota.limit = rate.limit
    quota.resetAt = resetAt
    quota.lastLeft = rate.remaining
    quota.readAt = t
    quota.left = math.max(
        0,
        rate.remaining - unseen(state, t)
    )
end
function ____exports.misread(quota, units, calls, t)
    if ____exports.countsRequests(quota) and quota.left >= 1 and calls > quota.left then
        quota.unit = math.max(-4, quota.unit - 2)
    end
    if quota.readAt < 0 or t < quota.blindUntil or t >= quota.resetAt or quota.left < 2 * units then
        return
    end
    if t - quota.misreadAt > MISREAD_MEMORY_MS then
        quota.misreads = 0
    end
    quota.misreads = quota.misreads + 1
    quota.misreadAt = t
    if quota.misreads < MISREADS then
        return
    end
    quota.misreads = 0
    quota.blindUntil = t + BLIND_MS
end
function ____exports.pass(quota, t)
    if quota.readAt < 0 then
        return
    end
    if ____exports.isBucket(quota) then
        local since = math.max(quota.readAt, quota.filledAt)
        quota.left = math.min(quota.limit, quota.left + quota.fill * (t - since) / 1000)
        quota.filledAt = t
        return
    end
    if t < quota.resetAt + LATE_MS then
        return
    end
    quota.left = quota.limit
    quota.lastLeft = quota.limit
    forget(quota)
    quota.resetAt = quota.periodMs > 0 and quota.resetAt + quota.periodMs or t + 1000
    if quota.resetAt < t then
        quota.resetAt = t + quota.periodMs
    end
end
function ____exports.quotaRate(quota, t)
    if quota.left < 1 then
        return -1
    end
    if ____exports.isBucket(quota) then
        local kept = math.min(30, quota.limit / 2)
        return math.max(0.5 * quota.fill, quota.fill + (quota.left - kept) / 10)
    end
    local leftMs = math.max(50, quota.resetAt - t)
    return quota.left * LEAD / leftMs * 1000
end
function ____exports.quotaOpensAt(quota, t)
    if ____exports.isBucket(quota) then
        return t + math.min(
            60000,
            math.max(
                20,
                (1 - quota.left) / math.max(0.000001, quota.fill) * 1000
            )
        )
    end
    return quota.resetAt + LATE_MS
end
return ____exports
 end,
["pace-unit"] = function(...) 
local ____exports = {}
local UNLIKE = 0.22
local ALIKE = 0.1
local UNIT_VOTES = 3
local TRIAL_MS = 10000
local TRIAL_BATCHES = 8
function ____exports.priceOf(pace, calls, most)
    return pace.unit > 0 and math.max(calls, most) or calls
end
function ____exports.beginTrial(pace, most, t)
    if pace.unit ~= 0 or pace.lastCalls == 0 then
        return
    end
    pace.trialUntil = t + math.max(TRIAL_MS, TRIAL_BATCHES * most * 500 / pace.rate)
    pace.holdUntil = math.max(pace.holdUntil, pace.trialUntil)
end
function ____exports.endTrial(pace, t)
    if pace.trialUntil == 0 or t < pace.trialUntil then
        return
    end
    pace.trialUntil = 0
    local seconds = (t - pace.cycleFrom) / 1000
    if pace.requests > 1.3 * pace.lastRequests * seconds then
        pace.unit = -1
    end
end
function ____exports.proveCalls(pace)
    pace.unit = -UNIT_VOTES
end
function ____exports.paceBatch(pace, most, t)
    local half = math.max(
        1,
        math.floor(most / 2)
    )
    if t < pace.trialUntil then
        return half
    end
    if pace.step == 0 or pace.unit >= 0 then
        return most
    end
    return math.min(
        half,
        math.max(
            2,
            math.floor(pace.rate / 10 + 0.5)
        )
    )
end
function ____exports.judgeUnit(pace, calls, requests, sure)
    if pace.lastCalls == 0 then
        pace.lastCalls = calls
        pace.lastRequests = requests
        return
    end
    local byCalls = math.abs(math.log(calls / pace.lastCalls))
    local byRequests = math.abs(math.log(requests / pace.lastRequests))
    local unlike = math.abs(math.log(calls * pace.lastRequests / (requests * pace.lastCalls))) > UNLIKE
    local alike = math.min(byCalls, byRequests) < ALIKE
    local tried = pace.trialUntil > 0
    pace.trialUntil = 0
    if tried and unlike then
        pace.unit = byRequests < byCalls and 1 or -1
    elseif pace.unit < 0 and pace.unit > -UNIT_VOTES and pace.step > 0 and calls < 0.95 * pace.held then
        pace.unit = 1
    elseif unlike and alike then
        pace.unit = math.max(
            -UNIT_VOTES,
            math.min(UNIT_VOTES, pace.unit + (byRequests < byCalls and 1 or -1))
        )
    end
    if not sure or not unlike and alike then
        return
    end
    pace.lastCalls = calls
    pace.lastRequests = requests
end
return ____exports
 end,
["leases"] = function(...) 
local ____lualib = require("lualib_bundle")
local __TS__Delete = ____lualib.__TS__Delete
local ____exports = {}
local isOlder
local ____window_2Ets = require("window")
local unlearn = ____window_2Ets.unlearn
local unlevel = ____window_2Ets.unlevel
function isOlder(lease, than)
    if lease.aliveAt ~= than.aliveAt then
        return lease.aliveAt < than.aliveAt
    end
    if lease.aliveVotes ~= than.aliveVotes then
        return lease.aliveVotes < than.aliveVotes
    end
    if lease.aliveW ~= than.aliveW then
        return lease.aliveW < than.aliveW
    end
    if lease.aliveOk ~= than.aliveOk then
        return lease.aliveOk < than.aliveOk
    end
    return lease.aliveCeiling < than.aliveCeiling
end
local AHEAD_BATCHES = 2
____exports.WANTS_MS = 2000
local FORGET_MS = 300000
function ____exports.tally(state, process, t)
    local sum = {
        requests = 0,
        calls = 0,
        ghosts = 0,
        ghostCalls = 0,
        scouts = 0,
        probes = 0,
        lastProbeAt = -1,
        othersSentAt = -1
    }
    local last = nil
    for id in pairs(state.leases) do
        do
            local __continue3
            repeat
                local lease = state.leases[id]
                if lease == nil then
                    __continue3 = true
                    break
                end
                if not lease.ghost and t > (lease.aliveAt + lease.expiresAt) / 2 then
                    lease.ghost = true
                    unlevel(state, lease)
                    if last == nil or isOlder(lease, last) then
                        last = lease
                    end
                end
                if lease.expiresAt <= t then
                    __TS__Delete(state.leases, id)
                    __continue3 = true
                    break
                end
                sum.requests = sum.requests + 1
                sum.calls = sum.calls + lease.calls
                if lease.ghost then
                    sum.ghosts = sum.ghosts + 1
                    sum.ghostCalls = sum.ghostCalls + lease.calls
                end
                if lease.scout and not lease.counted then
                    sum.scouts = sum.scouts + 1
                end
                if lease.probe then
                    sum.probes = sum.probes + 1
                    sum.lastProbeAt = math.max(sum.lastProbeAt, lease.sentAt)
                elseif lease.process ~= process then
                    sum.othersSentAt = math.max(sum.othersSentAt, lease.sentAt)
                end
                __continue3 = true
            until true
            if not __continue3 then
                break
            end
        end
    end
    if last ~= nil then
        unlearn(state, last, t)
    end
    return sum
end
function ____exports.memberOf(state, process, t)
    local least = -1
    for name in pairs(state.members) do
        do
            local __continue20
            repeat
                local other = state.members[name]
                if other == nil then
                    __continue20 = true
                    break
                end
                if t - other.seenAt > FORGET_MS then
                    __TS__Delete(state.members, name)
                elseif name ~= process and other.wantsUntil > t and (least < 0 or other.granted < least) then
                    least = other.granted
                end
                __continue20 = true
            until true
            if not __continue20 then
                break
            end
        end
    end
    local member = state.members[process]
    if member == nil then
        member = {
            granted = math.max(0, least),
            seenAt = t,
            wantsUntil = t
        }
        state.members[process] = member
    elseif member.wantsUntil <= t and member.granted < least then
        member.granted = least
    end
    member.seenAt = t
    return member
end
function ____exports.isAhead(state, process, mostCalls, t)
    local own = state.members[process]
    if own == nil then
        return false
    end
    for name in pairs(state.members) do
        do
            local __continue29
            repeat
                local other = state.members[name]
                if other == nil or name == process or other.wantsUntil <= t then
                    __continue29 = true
                    break
                end
                if own.granted > other.granted + AHEAD_BATCHES * mostCalls then
                    return true
                end
                __continue29 = true
            until true
            if not __continue29 then
                break
            end
        end
    end
    return false
end
function ____exports.wanting(state, t)
    local count = 0
    for name in pairs(state.members) do
        local member = state.members[name]
        if member ~= nil and member.wantsUntil > t then
            count = count + 1
        end
    end
    return math.max(1, count)
end
function ____exports.take(state, id)
    local lease = state.leases[id]
    if lease ~= nil then
        __TS__Delete(state.leases, id)
    end
    return lease
end
return ____exports
 end,
["window"] = function(...) 
local ____exports = {}
local leftBefore, goneSince, auditPassed, surprise, judgeUnit, ITEM_PROOF, CONTRAST, ITEM_GONE, AUDIT_FIRST_MS, AUDIT_LAST_MS
function ____exports.countsCalls(window)
    return window.itemVotes >= ITEM_PROOF
end
function leftBefore(lease, other)
    if lease.sentAt ~= other.sentAt then
        return lease.sentAt < other.sentAt
    end
    if lease.answers ~= other.answers then
        return lease.answers < other.answers
    end
    if lease.level ~= other.level then
        return lease.level < other.level
    end
    return lease.callsLevel < other.callsLevel
end
function goneSince(state, lease)
    return ____exports.countsCalls(state.window) and ITEM_GONE * (state.answeredCalls - lease.answeredCalls) or state.answers - lease.answers
end
function ____exports.prove(state, lease, t)
    local ____state_3 = state
    local window = ____state_3.window
    if lease.counted then
        return
    end
    lease.counted = true
    if lease.sentAt <= window.cutAt then
        return
    end
    local gone = lease.gone >= 0 and lease.gone or goneSince(state, lease)
    local level = ____exports.countsCalls(window) and lease.callsLevel + lease.calls or lease.level + 1
    local proven = level - gone
    if lease.calls == 1 and window.doubtCalls > 0 and not ____exports.countsCalls(window) then
        judgeUnit(state, lease, true)
    end
    if ____exports.countsCalls(window) and lease.probe and lease.calls > 1 then
        auditPassed(window, t)
        return
    end
    if proven <= window.ok then
        if lease.probe then
            window.probedAnswers = 0
        end
        return
    end
    window.ok = proven
    if proven > window.w then
        if lease.probe then
            state.movedAt = t
            state.movedUp = true
        end
        window.w = proven
    end
    if window.ceiling > 0 and proven > window.ceiling then
        window.ceiling = 0
        window.changedAt = t
    end
end
function auditPassed(window, t)
    local again = window.auditW > 0 and window.w <= window.auditW
    window.auditMs = AUDIT_FIRST_MS
    window.auditW = window.w
    window.ceiling = 0
    window.changedAt = t
    if not again then
        return
    end
    window.itemVotes = 0
    window.auditMs = 0
    window.auditW = 0
    window.w = math.max(
        1,
        math.floor(window.w / 8)
    )
    window.ok = 0
    window.cutAt = t
end
function surprise(state, lease, limit, t)
    local ____state_6 = state
    local window = ____state_6.window
    if not ____exports.countsCalls(window) and lease.calls > 1 then
        window.doubtLevel = lease.level
        window.doubtCalls = lease.callsLevel + lease.calls
        if limit <= 1 and lease.level == 0 then
            window.itemVotes = window.itemVotes + 1
        end
    end
    if ____exports.countsCalls(window) and lease.probe and lease.calls > 1 then
        window.auditMs = math.min(AUDIT_LAST_MS, 2 * window.auditMs)
        window.auditW = 0
        return
    end
    window.cutAt = t
    window.cuts = window.cuts + 1
    window.ok = math.floor(limit / 2)
    local retest = window.doubtCalls > 0 and window.itemVotes > -2 and 1 or 0
    window.w = math.max(
        1,
        math.min(window.w, limit + retest)
    )
    window.ceiling = window.w
    window.changedAt = t
    window.grownAt = t
    window.probedAt = t
    window.probedAnswers = state.answers
    state.movedAt = t
    state.movedUp = false
end
function judgeUnit(state, lease, passed)
    local ____state_7 = state
    local window = ____state_7.window
    if passed then
        if lease.level < window.doubtLevel or lease.callsLevel + 1 > CONTRAST * window.doubtCalls then
            return
        end
        window.itemVotes = window.itemVotes + 1
    else
        if lease.level > window.doubtLevel or lease.callsLevel + 1 > CONTRAST * window.doubtCalls then
            return
        end
        window.itemVotes = math.max(-2, window.itemVotes - 1)
    end
    local callsThen = window.doubtCalls
    window.doubtCalls = 0
    if not ____exports.countsCalls(window) then
        return
    end
    window.ok = 1
    window.w = math.max(
        1,
        math.floor(callsThen / 2)
    )
    window.ceiling = 0
    window.changedAt = state.t
end
local CALM_MS = 400
local PROBE_AGE = 0.2
local PROBE_SOONEST_MS = 5000
local REJECTION_MOST_MS = 5000
ITEM_PROOF = 2
CONTRAST = 0.5
ITEM_GONE = 0.2
local ITEM_PROBE = 3
local ITEM_ADJUST_MS = 1000
local DOUBT_MS = 8000
local DOUBT_ANSWERS = 60
local AUDIT_CALLS = 8
AUDIT_FIRST_MS = 30000
AUDIT_LAST_MS = 600000
function ____exports.newWindow()
    return {
        w = 0,
        ok = 0,
        ceiling = 0,
        changedAt = 0,
        grownAt = 0,
        cutAt = -1,
        cuts = 0,
        stillUntil = 0,
        probedAt = 0,
        probedAnswers = 0,
        rejectionMs = 0,
        quickestMs = 0,
        itemVotes = 0,
        doubtLevel = 0,
        doubtCalls = 0,
        auditAt = 0,
        auditMs = 0,
        auditW = 0,
        itemCalls = 1,
        itemAt = 0
    }
end
function ____exports.loadOf(window, requests, calls)
    return ____exports.countsCalls(window) and calls or requests
end
function ____exports.confirmMs(window)
    local ms = CALM_MS
    if window.rejectionMs > 0 then
        ms = 3 * window.rejectionMs
    elseif window.quickestMs > 0 then
        ms = window.quickestMs
    end
    return math.max(
        150,
        math.min(1500, ms)
    )
end
function ____exports.isProbeDue(state, sum, settings, t)
    local ____state_0 = state
    local window = ____state_0.window
    if window.ceiling == 0 or settings.probeShare <= 0 or sum.probes > 0 or t < window.stillUntil then
        return false
    end
    local sinceMs = t - window.probedAt
    if sinceMs < PROBE_SOONEST_MS then
        return false
    end
    if ____exports.countsCalls(window) then
        return state.answers - window.probedAnswers >= ITEM_PROBE / settings.probeShare
    end
    if sinceMs >= PROBE_AGE * (t - window.changedAt) then
        return true
    end
    return state.answers - window.probedAnswers >= 1 / settings.probeShare
end
function ____exports.auditSize(state, load, most, t)
    local ____state_1 = state
    local window = ____state_1.window
    if not ____exports.countsCalls(window) or load + 1 ~= math.floor(window.w) or window.ok < load then
        return 0
    end
    if window.auditMs == 0 then
        window.auditMs = AUDIT_FIRST_MS
        window.auditAt = t
    end
    if t - window.auditAt < window.auditMs then
        return 0
    end
    window.auditAt = t
    return math.min(AUDIT_CALLS, most)
end
function ____exports.adjustItemCalls(window, load, paced, most, t)
    if not ____exports.countsCalls(window) or t - window.itemAt < ITEM_ADJUST_MS then
        return
    end
    window.itemAt = t
    if not paced then
        window.itemCalls = math.max(1, window.itemCalls - 1)
    elseif load < 0.7 * window.w then
        window.itemCalls = math.min(most, window.itemCalls + 1)
    end
end
function ____exports.scoutsAllowed(window)
    return math.max(
        2,
        math.floor(window.ok / 4)
    )
end
function ____exports.grow(window, most, t)
    local top = window.ceiling > 0 and math.min(window.ceiling, most) or most
    if window.w >= top or t < window.stillUntil or window.ok + math.max(1, window.w / 10) <= math.floor(window.w) then
        return
    end
    if t - window.grownAt < ____exports.confirmMs(window) then
        return
    end
    window.w = math.min(
        top,
        window.w + math.max(1, window.w / 5)
    )
    window.grownAt = t
end
function ____exports.watch(state, t)
    local ____state_2 = state
    local window = ____state_2.window
    local underwayMs = window.rejectionMs > 0 and window.rejectionMs or 80
    local calmMs = ____exports.confirmMs(window)
    for id in pairs(state.leases) do
        do
            local __continue26
            repeat
                local lease = state.leases[id]
                if lease == nil or lease.counted then
                    __continue26 = true
                    break
                end
                if lease.gone < 0 and t - lease.sentAt >= underwayMs then
                    lease.gone = goneSince(state, lease)
                end
                __continue26 = true
            until true
            if not __continue26 then
                break
            end
        end
    end
    do
        while true do
            local first = nil
            for id in pairs(state.leases) do
                do
                    local __continue32
                    repeat
                        local lease = state.leases[id]
                        if lease == nil or lease.counted or t - lease.sentAt < calmMs then
                            __continue32 = true
                            break
                        end
                        if first == nil or leftBefore(lease, first) then
                            first = lease
                        end
                        __continue32 = true
                    until true
                    if not __continue32 then
                        break
                    end
                end
            end
            if first == nil then
                return
            end
            ____exports.prove(state, first, t)
        end
    end
end
function ____exports.noteGone(state, lease)
    if lease.gone < 0 then
        lease.gone = goneSince(state, lease)
    end
end
function ____exports.unlevel(state, ghost)
    for id in pairs(state.leases) do
        do
            local __continue55
            repeat
                local lease = state.leases[id]
                if lease == nil or lease.counted or lease.sentAt < ghost.aliveAt then
                    __continue55 = true
                    break
                end
                lease.level = math.max(0, lease.level - 1)
                lease.callsLevel = math.max(0, lease.callsLevel - ghost.calls)
                __continue55 = true
            until true
            if not __continue55 then
                break
            end
        end
    end
end
function ____exports.unlearn(state, ghost, t)
    local ____state_4 = state
    local window = ____state_4.window
    if window.cutAt >= ghost.aliveAt then
        window.doubtCalls = 0
    end
    local misread = ____exports.countsCalls(window) and ghost.aliveVotes < ITEM_PROOF
    window.itemVotes = math.min(window.itemVotes, ghost.aliveVotes)
    if not misread and window.w <= ghost.aliveW then
        return
    end
    window.w = ghost.aliveW
    window.ok = misread and ghost.aliveOk or math.min(window.ok, ghost.aliveOk)
    window.ceiling = ghost.aliveCeiling
    window.changedAt = t
end
function ____exports.isDoubting(window, answers, t)
    return window.doubtCalls > 0 and window.itemVotes > -2 and not ____exports.countsCalls(window) and t - window.cutAt < DOUBT_MS and answers - window.probedAnswers < DOUBT_ANSWERS
end
function ____exports.slotRefused(state, lease, tookMs, retryAfterMs, t)
    local ____state_5 = state
    local window = ____state_5.window
    if tookMs < REJECTION_MOST_MS then
        window.rejectionMs = window.rejectionMs > 0 and 0.8 * window.rejectionMs + 0.2 * tookMs or tookMs
    end
    if retryAfterMs > 0 then
        window.stillUntil = math.max(window.stillUntil, t + retryAfterMs)
    end
    if lease.sentAt <= window.cutAt then
        return
    end
    local level = ____exports.countsCalls(window) and lease.callsLevel or lease.level
    local limit = math.max(
        1,
        level - math.max(0, lease.gone)
    )
    if lease.calls == 1 and window.doubtCalls > 0 and not ____exports.countsCalls(window) then
        judgeUnit(state, lease, false)
    end
    if lease.scout or lease.probe and lease.calls == 1 then
        local edge = math.max(
            window.ok,
            math.min(window.w, limit)
        )
        window.ceiling = edge
        if not lease.probe and edge < window.w then
            window.w = edge
            window.changedAt = t
        end
        window.grownAt = t
        return
    end
    surprise(state, lease, limit, t)
end
return ____exports
 end,
["batch"] = function(...) 
local ____exports = {}
local ____quota_2Ets = require("quota")
local isBelieved = ____quota_2Ets.isBelieved
local countsRequests = ____quota_2Ets.countsRequests
local isBucket = ____quota_2Ets.isBucket
local ____pace_2Dunit_2Ets = require("pace-unit")
local paceBatch = ____pace_2Dunit_2Ets.paceBatch
local ____window_2Ets = require("window")
local countsCalls = ____window_2Ets.countsCalls
local EARLY_ANSWERS = 20
local EARLY_CALLS = 5
local WORK_MS = 8000
local STEPS = {
    15,
    10,
    5,
    2,
    1
}
function ____exports.fullBatch(state, settings)
    local most = settings.maxCalls
    if state.mostCalls > 0 then
        most = math.min(most, state.mostCalls)
    end
    return math.max(
        1,
        math.floor(most)
    )
end
function ____exports.mostCalls(state, ask, settings)
    return math.max(
        1,
        math.min(
            math.floor(ask.maxCalls),
            ____exports.fullBatch(state, settings)
        )
    )
end
function ____exports.batchSize(state, ask, settings, places, t)
    local ____state_0 = state
    local window = ____state_0.window
    local quota = ____state_0.quota
    local marks = ____state_0.marks
    local beat = ____state_0.beat
    local pace = ask.kind == "read" and state.paces.read or state.paces.write
    local most = ____exports.mostCalls(state, ask, settings)
    local calls = most
    local headers = isBelieved(quota, t)
    if state.answers < EARLY_ANSWERS then
        calls = math.min(calls, EARLY_CALLS)
    end
    if marks.callMs > 0 then
        calls = math.min(
            calls,
            math.max(
                1,
                math.floor(WORK_MS / marks.callMs)
            )
        )
    end
    local byRequest = headers and countsRequests(quota) or pace.unit > 0
    if countsCalls(window) then
        calls = math.min(calls, window.itemCalls)
    elseif not byRequest then
        if headers then
            calls = math.min(
                calls,
                math.max(
                    1,
                    math.floor(quota.left / (isBucket(quota) and 1 or 2))
                )
            )
        elseif beat.known ~= 2 then
            calls = math.min(
                calls,
                paceBatch(pace, most, t)
            )
        end
        calls = math.min(
            calls,
            math.max(
                1,
                math.ceil(ask.waiting / math.max(1, places))
            )
        )
    end
    return math.max(
        1,
        math.min(
            calls,
            math.max(
                1,
                math.floor(ask.waiting)
            )
        )
    )
end
function ____exports.stepDown(state, calls)
    for ____, step in ipairs(STEPS) do
        if step < calls then
            if state.mostCalls == 0 or step < state.mostCalls then
                state.mostCalls = step
            end
            return
        end
    end
end
return ____exports
 end,
["clock"] = function(...) 
local ____exports = {}
local BACK_MS = 50
function ____exports.advance(state, nowMs)
    local t = nowMs - state.baseMs
    if t < state.t - BACK_MS then
        state.baseMs = nowMs - state.t
    elseif t > state.t then
        state.t = t
    end
    return state.t
end
local PAUSE_MS = 10000
function ____exports.account(state, t)
    local ms = math.min(PAUSE_MS, t - state.usedAt)
    state.usedAt = t
    if ms <= 0 then
        return
    end
    state.openMs = state.openMs + ms
    if state.bound then
        state.fullMs = state.fullMs + ms
    end
end
return ____exports
 end,
["marks"] = function(...) 
local ____exports = {}
local want, hearSingle, decide, FIRST_SAMPLES, SAMPLES, EPOCH_MS, SLOW, FAST, TOO_SLOW, DEPTH, LEARN, LEARN_CALLS, QUIET_MS
function want(marks)
    if marks.wanted or marks.baseMs == 0 then
        return
    end
    marks.wanted = true
    marks.count = 0
end
function hearSingle(marks, tookMs, load, binding, t)
    if marks.baseMs > 0 and not marks.wanted then
        marks.lag = 0.75 * marks.lag + 0.25 * math.min(4, tookMs / marks.baseMs)
        if marks.w > 0 then
            if not binding or t - marks.epochAt < EPOCH_MS then
                return
            end
            marks.epochAt = t
            want(marks)
            return
        end
        marks.singles = marks.singles + 1
        if marks.singles < LEARN_CALLS then
            marks.baseMs = marks.baseMs * (tookMs < marks.baseMs and 1 - 0.75 * LEARN or 1 + 0.25 * LEARN)
        end
        if binding and marks.lag > 2.4 and t >= marks.quietUntil then
            want(marks)
        end
        return
    end
    local place = marks.count
    marks.load = math.max(marks.count == 0 and 0 or marks.load, load)
    while place > 0 and (marks.samples[place] or 0) > tookMs do
        marks.samples[place + 1] = marks.samples[place] or 0
        place = place - 1
    end
    marks.samples[place + 1] = tookMs
    marks.count = marks.count + 1
    if marks.baseMs == 0 then
        if marks.count < FIRST_SAMPLES then
            return
        end
        marks.baseMs = marks.samples[3] or 0
        marks.count = 0
        marks.epochAt = t
        return
    end
    if marks.count < SAMPLES then
        return
    end
    decide(marks, (marks.samples[5] or 0) / marks.baseMs, t)
end
function decide(marks, q, t)
    marks.wanted = false
    marks.count = 0
    marks.lag = 1
    if marks.w == 0 then
        marks.lastQ = q
        if q > SLOW then
            marks.w = math.max(1, DEPTH * marks.load / q)
        else
            marks.quietUntil = t + QUIET_MS
        end
        return
    end
    local last = marks.lastQ
    marks.lastQ = q
    if q < FAST then
        marks.w = marks.w * 1.25
    elseif q > TOO_SLOW and q > 0.9 * last then
        marks.w = math.max(
            1,
            marks.w / 2,
            math.min(marks.w, DEPTH * marks.load / q)
        )
    end
end
FIRST_SAMPLES = 8
SAMPLES = 16
EPOCH_MS = 10000
local EPOCH_CALLS = 20
SLOW = 1.6
FAST = 1.4
TOO_SLOW = 2.2
DEPTH = 1.5
LEARN = 0.03
LEARN_CALLS = 24
QUIET_MS = 60000
function ____exports.newMarks()
    return {
        w = 0,
        baseMs = 0,
        batchBaseMs = 0,
        samples = {
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0
        },
        count = 0,
        wanted = false,
        epochAt = 0,
        epochMs = 0,
        epochCalls = 0,
        singles = 0,
        lag = 1,
        callMs = 0,
        lastQ = 1,
        quietUntil = 0,
        load = 0
    }
end
function ____exports.wantsMarks(marks)
    return marks.wanted or marks.baseMs == 0
end
function ____exports.hearBatch(marks, calls, tookMs, load, binding, t)
    if calls <= 0 then
        return
    end
    local perCall = tookMs / calls
    marks.callMs = marks.callMs > 0 and 0.9 * marks.callMs + 0.1 * perCall or perCall
    if calls == 1 then
        hearSingle(
            marks,
            tookMs,
            load,
            binding,
            t
        )
        return
    end
    if calls < 4 then
        return
    end
    marks.epochMs = marks.epochMs + tookMs
    marks.epochCalls = marks.epochCalls + calls
    if t - marks.epochAt < EPOCH_MS or marks.epochCalls < EPOCH_CALLS then
        return
    end
    local mean = marks.epochMs / marks.epochCalls
    marks.epochAt = t
    marks.epochMs = 0
    marks.epochCalls = 0
    if marks.w > 0 then
        if binding then
            want(marks)
        end
    elseif marks.batchBaseMs == 0 then
        marks.batchBaseMs = mean
    elseif mean > SLOW * marks.batchBaseMs then
        if binding and t >= marks.quietUntil then
            want(marks)
        end
    else
        marks.batchBaseMs = marks.batchBaseMs + (mean < marks.batchBaseMs and 0.2 or 0.05) * (mean - marks.batchBaseMs)
    end
end
function ____exports.freeMarks(marks, w)
    if marks.w < w or marks.w == 0 then
        return
    end
    marks.w = 0
    marks.batchBaseMs = 0
end
return ____exports
 end,
["pace"] = function(...) 
local ____exports = {}
local ____pace_2Dunit_2Ets = require("pace-unit")
local beginTrial = ____pace_2Dunit_2Ets.beginTrial
local judgeUnit = ____pace_2Dunit_2Ets.judgeUnit
____exports.FREE = 1000000000
local MARGIN = 0.99
local RAISED = 1.06
local SURE_MS = 10000
local SURE_CALLS = 60
local HOLD_FIRST_MS = 10000
local HOLD_MOST_MS = 240000
local STEP_EVERY_MS = 4000
local STEP_FIRST = 0.01
local STEP_FACTOR = 1.5
local STEP_MOST = 0.25
local SLOWEST = 0.05
function ____exports.newPace()
    return {
        rate = 0,
        held = 0,
        since = 0,
        holdUntil = 0,
        holdMs = 0,
        step = 0,
        stepAt = 0,
        events = 0,
        cycleFrom = 0,
        calls = 0,
        requests = 0,
        clean = false,
        stockFrom = 0,
        stockTo = 0,
        cost = 0,
        shut = 0,
        unit = 0,
        lastCalls = 0,
        lastRequests = 0,
        trialUntil = 0,
        tokens = 0,
        tokensAt = 0
    }
end
function ____exports.paceOf(state, kind)
    return kind == "read" and state.paces.read or state.paces.write
end
function ____exports.growPace(pace, t)
    if pace.rate <= 0 or t < pace.holdUntil then
        return
    end
    if pace.step == 0 then
        pace.held = pace.rate
        pace.step = STEP_FIRST
        pace.stepAt = t
    end
    if t - pace.stepAt < STEP_EVERY_MS then
        return
    end
    pace.rate = pace.rate * (1 + pace.step)
    pace.step = math.min(STEP_MOST, pace.step * STEP_FACTOR)
    pace.stepAt = t
end
function ____exports.learn(pace, gate, most, mayTry, settings, t)
    local tookMs = gate.untilAt - pace.cycleFrom
    if pace.calls <= 0 or tookMs <= 0 then
        pace.shut = pace.shut + 1
        if pace.shut >= 2 and pace.rate > 0 then
            pace.rate = math.max(SLOWEST, pace.rate * 0.7)
            return true
        end
        return false
    end
    pace.shut = 0
    if pace.clean and pace.rate > 0 and tookMs < SURE_MS and pace.calls <= 2 then
        pace.rate = math.max(SLOWEST, pace.rate * 0.7)
        pace.held = pace.rate
        pace.step = 0
        pace.holdUntil = t + HOLD_FIRST_MS
        return true
    end
    if not pace.clean and tookMs < SURE_MS and pace.calls < SURE_CALLS then
        pace.cycleFrom = gate.untilAt
        pace.stockFrom = pace.stockTo
        pace.stockTo = 0
        pace.calls = 0
        pace.requests = 0
        pace.clean = true
        return false
    end
    pace.events = pace.events + 1
    local stock = pace.clean and pace.stockTo - pace.stockFrom or 0
    local calls = math.max(1, pace.calls + stock) / tookMs * 1000
    local requests = math.max(1, pace.requests) / tookMs * 1000
    local before = pace.unit > 0 and pace.lastRequests * most or pace.lastCalls
    if pace.clean then
        judgeUnit(pace, calls, requests, tookMs >= SURE_MS)
    end
    local learned = (pace.unit > 0 or pace.unit == 0 and pace.events == 1) and requests * most or calls
    local raised = pace.clean and pace.step > 0 and learned > RAISED * math.max(pace.held, before)
    local rate = raised and math.max(learned, 0.9 * pace.rate) or learned
    pace.rate = math.max(SLOWEST, rate * MARGIN)
    pace.held = pace.rate
    pace.since = t
    pace.step = 0
    local holdMs = HOLD_FIRST_MS
    if pace.events > 2 then
        local worthMs = pace.cost / math.max(0.000001, settings.wasteShare) / pace.rate * 1000
        holdMs = math.max(
            HOLD_FIRST_MS,
            math.min(
                worthMs,
                2 * math.max(pace.holdMs, 15000),
                HOLD_MOST_MS
            )
        )
    end
    pace.holdMs = holdMs
    pace.holdUntil = t + holdMs
    pace.tokens = 0
    pace.tokensAt = t
    pace.cost = 0
    if not pace.clean or tookMs >= SURE_MS then
        pace.cycleFrom = gate.untilAt
        pace.stockFrom = pace.stockTo
        pace.calls = 0
        pace.requests = 0
        pace.clean = true
    end
    pace.stockTo = 0
    if mayTry then
        beginTrial(pace, most, t)
    end
    return true
end
function ____exports.tokensWait(bucket, rate, price, t)
    if rate >= ____exports.FREE then
        bucket.tokens = 0
        bucket.tokensAt = t
        return 0
    end
    local most = math.max(rate, price)
    bucket.tokens = math.min(most, bucket.tokens + rate * (t - bucket.tokensAt) / 1000)
    bucket.tokensAt = t
    if bucket.tokens >= price then
        return 0
    end
    return (price - bucket.tokens) / rate * 1000
end
return ____exports
 end,
["open"] = function(...) 
local ____exports = {}
local ____batch_2Ets = require("batch")
local fullBatch = ____batch_2Ets.fullBatch
local ____pace_2Ets = require("pace")
local learn = ____pace_2Ets.learn
local ____window_2Ets = require("window")
local countsCalls = ____window_2Ets.countsCalls
function ____exports.openGate(state, settings, t)
    local ____state_0 = state
    local gate = ____state_0.gate
    local most = fullBatch(state, settings)
    gate.half = 0
    gate.doubtAt = -1
    for ____, pace in ipairs({state.paces.read, state.paces.write}) do
        do
            local __continue3
            repeat
                if pace.cost <= 0 then
                    __continue3 = true
                    break
                end
                if gate.explained then
                    pace.cycleFrom = t
                    pace.calls = 0
                    pace.requests = 0
                    pace.cost = 0
                    pace.stockFrom = pace.stockTo
                    pace.stockTo = 0
                    pace.clean = true
                else
                    learn(
                        pace,
                        gate,
                        most,
                        not countsCalls(state.window),
                        settings,
                        t
                    )
                end
                __continue3 = true
            until true
            if not __continue3 then
                break
            end
        end
    end
end
return ____exports
 end,
["acquire"] = function(...) 
local ____exports = {}
local go
local ____beat_2Ets = require("beat")
local beatLeft = ____beat_2Ets.beatLeft
local beatRate = ____beat_2Ets.beatRate
local isCanaryDue = ____beat_2Ets.isCanaryDue
local isMeasured = ____beat_2Ets.isMeasured
local measuringFactor = ____beat_2Ets.measuringFactor
local passBeat = ____beat_2Ets.passBeat
local useBeat = ____beat_2Ets.useBeat
local ____batch_2Ets = require("batch")
local batchSize = ____batch_2Ets.batchSize
local fullBatch = ____batch_2Ets.fullBatch
local mostCalls = ____batch_2Ets.mostCalls
local ____clock_2Ets = require("clock")
local account = ____clock_2Ets.account
local advance = ____clock_2Ets.advance
local ____leases_2Ets = require("leases")
local isAhead = ____leases_2Ets.isAhead
local memberOf = ____leases_2Ets.memberOf
local tally = ____leases_2Ets.tally
local wanting = ____leases_2Ets.wanting
local WANTS_MS = ____leases_2Ets.WANTS_MS
local ____marks_2Ets = require("marks")
local freeMarks = ____marks_2Ets.freeMarks
local wantsMarks = ____marks_2Ets.wantsMarks
local ____open_2Ets = require("open")
local openGate = ____open_2Ets.openGate
local ____pace_2Dunit_2Ets = require("pace-unit")
local endTrial = ____pace_2Dunit_2Ets.endTrial
local priceOf = ____pace_2Dunit_2Ets.priceOf
local ____pace_2Ets = require("pace")
local FREE = ____pace_2Ets.FREE
local growPace = ____pace_2Ets.growPace
local paceOf = ____pace_2Ets.paceOf
local tokensWait = ____pace_2Ets.tokensWait
local ____quota_2Ets = require("quota")
local countsRequests = ____quota_2Ets.countsRequests
local isBelieved = ____quota_2Ets.isBelieved
local pass = ____quota_2Ets.pass
local quotaOpensAt = ____quota_2Ets.quotaOpensAt
local quotaRate = ____quota_2Ets.quotaRate
local ____window_2Ets = require("window")
local adjustItemCalls = ____window_2Ets.adjustItemCalls
local auditSize = ____window_2Ets.auditSize
local confirmMs = ____window_2Ets.confirmMs
local countsCalls = ____window_2Ets.countsCalls
local grow = ____window_2Ets.grow
local isDoubting = ____window_2Ets.isDoubting
local isProbeDue = ____window_2Ets.isProbeDue
local loadOf = ____window_2Ets.loadOf
local scoutsAllowed = ____window_2Ets.scoutsAllowed
local watch = ____window_2Ets.watch
function go(state, ask, settings, sum, calls, scout, probe, t)
    local pace = paceOf(state, ask.kind)
    pace.calls = pace.calls + calls
    pace.requests = pace.requests + 1
    useBeat(state.beat, calls)
    local ____state_quota_5, ____left_6 = state.quota, "left"
    ____state_quota_5[____left_6] = ____state_quota_5[____left_6] - (countsRequests(state.quota) and 1 or calls)
    local member = memberOf(state, ask.process, t)
    member.granted = member.granted + calls
    member.wantsUntil = t + WANTS_MS
    local lease = {
        process = ask.process,
        kind = ask.kind,
        calls = calls,
        sentAt = t,
        expiresAt = t + settings.leaseMs,
        aliveAt = t,
        aliveW = state.window.w,
        aliveOk = state.window.ok,
        aliveCeiling = state.window.ceiling,
        aliveVotes = state.window.itemVotes,
        ghost = false,
        level = sum.requests - sum.ghosts,
        callsLevel = sum.calls - sum.ghostCalls,
        answers = state.answers,
        answeredCalls = state.answeredCalls,
        gone = -1,
        scout = scout,
        probe = probe,
        counted = false
    }
    state.leases[ask.lease] = lease
    state.bound = false
    return {kind = "go", calls = calls, expiresAtMs = lease.expiresAt + state.baseMs, scout = scout}
end
local ASK_AGAIN_MS = 250
local OVERTAKEN_MS = 40
function ____exports.acquire(state, ask, settings, nowMs)
    local t = advance(state, nowMs)
    account(state, t)
    local ____state_0 = state
    local gate = ____state_0.gate
    local window = ____state_0.window
    local quota = ____state_0.quota
    local beat = ____state_0.beat
    local marks = ____state_0.marks
    if window.w == 0 then
        window.w = math.max(1, settings.startWindow)
    end
    local sum = tally(state, ask.process, t)
    watch(state, t)
    local member = memberOf(state, ask.process, t)
    local function wait(untilAt, because)
        member.wantsUntil = untilAt + 1000
        if because ~= "share" then
            state.lastWait = because
        end
        state.bound = true
        return {
            kind = "wait",
            untilMs = math.max(t + 1, untilAt) + state.baseMs,
            because = because
        }
    end
    if settings.sharePercent <= 0 then
        return wait(t + 1000, "operator")
    end
    if t < gate.untilAt then
        return wait(gate.untilAt, "retry-after")
    end
    passBeat(beat, t)
    pass(quota, t)
    if gate.half == 2 and t >= gate.scoutAt + settings.leaseMs then
        gate.half = 1
    end
    if gate.half == 2 then
        if t < gate.scoutAt + confirmMs(window) or state.itemwise > 0 then
            return wait(
                math.max(
                    t + ASK_AGAIN_MS,
                    gate.scoutAt + confirmMs(window)
                ),
                "half-open"
            )
        end
        openGate(state, settings, t)
    end
    local first = gate.half == 1
    local most = mostCalls(state, ask, settings)
    local full = fullBatch(state, settings)
    if not first and isAhead(state, ask.process, most, t) then
        return wait(t + ASK_AGAIN_MS, "share")
    end
    local pace = paceOf(state, ask.kind)
    local share = math.min(100, settings.sharePercent) / 100
    local part = share / state.parts
    local headers = isBelieved(quota, t)
    local rate = FREE
    local because = "pace"
    local canary = false
    if first then
    elseif headers then
        local fits = ask.waiting * wanting(state, t) * 4 <= quota.left * (countsRequests(quota) and most or 1)
        local units = quotaRate(quota, t)
        if units < 0 then
            adjustItemCalls(
                window,
                loadOf(window, sum.requests, sum.calls),
                true,
                most,
                t
            )
            return wait(
                quotaOpensAt(quota, t),
                "headers"
            )
        end
        local calls = units * (countsRequests(quota) and most or 1)
        if not fits and calls * part < rate then
            rate = calls * part
            because = "headers"
        end
    elseif isMeasured(beat) then
        if beatLeft(beat, pace.unit, full) * part < 1 then
            if not isCanaryDue(beat, settings) then
                adjustItemCalls(
                    window,
                    loadOf(window, sum.requests, sum.calls),
                    true,
                    most,
                    t
                )
                return wait(beat.resetAt + 30, "pace")
            end
            canary = true
        else
            rate = math.min(
                rate,
                beatRate(beat, pace.unit, full, t) * part
            )
        end
    elseif pace.rate > 0 then
        endTrial(pace, t)
        growPace(pace, t)
        rate = math.min(
            rate,
            pace.rate * part * (beat.known == 1 and measuringFactor(beat, state.itemwise > 0, t) or 1)
        )
    end
    if ask.kind == "write" and settings.maxWritesPerSecond ~= nil and settings.maxWritesPerSecond < rate then
        rate = math.max(0.01, settings.maxWritesPerSecond / state.parts)
        because = "destructive"
    end
    freeMarks(marks, window.w)
    local bound = math.min(window.w, settings.maxWindow)
    if settings.maxConcurrent ~= nil then
        bound = math.min(bound, settings.maxConcurrent)
    end
    bound = math.max(1, bound * share)
    if marks.w > 0 then
        bound = math.max(
            1,
            math.min(bound, marks.w)
        )
    end
    local load = loadOf(window, sum.requests, sum.calls)
    local places = math.max(
        1,
        math.floor(bound) - load
    )
    local calls = canary and math.min(beat.canarySize, most) or batchSize(
        state,
        ask,
        settings,
        places,
        t
    )
    if isMeasured(beat) and not headers and not canary then
        calls = math.min(
            calls,
            math.max(
                1,
                math.floor(beatLeft(beat, pace.unit, full))
            )
        )
    end
    if first then
        calls = 1
    end
    if settings.maxCallsPerSecond ~= nil then
        calls = math.min(
            calls,
            math.max(
                1,
                math.floor(settings.maxCallsPerSecond)
            )
        )
    end
    if because == "destructive" then
        calls = math.min(
            calls,
            math.max(
                1,
                math.floor(rate)
            )
        )
    end
    local price = headers and countsRequests(quota) and most or priceOf(pace, calls, full)
    local shortMs = tokensWait(pace, rate, price, t)
    if shortMs > 0 or load + 1 > math.floor(bound) then
        adjustItemCalls(
            window,
            load,
            shortMs > 0,
            most,
            t
        )
    end
    local capRate = settings.maxCallsPerSecond == nil and FREE or math.max(0.01, settings.maxCallsPerSecond / state.parts)
    local capMs = tokensWait(state.cap, capRate, calls, t)
    if capMs > 0 then
        return wait(
            t + math.min(capMs, 60000),
            "operator"
        )
    end
    if shortMs > 0 then
        return wait(
            t + math.min(shortMs, 60000),
            because
        )
    end
    if first then
        if sum.requests >= math.max(
            1,
            math.floor(bound)
        ) then
            return wait(t + ASK_AGAIN_MS, "window")
        end
        gate.half = 2
        gate.scoutAt = t
        local ____state_cap_1, ____tokens_2 = state.cap, "tokens"
        ____state_cap_1[____tokens_2] = ____state_cap_1[____tokens_2] - 1
        pace.tokens = pace.tokens - 1
        return go(
            state,
            ask,
            settings,
            sum,
            1,
            true,
            false,
            t
        )
    end
    local scout = wantsMarks(marks) or load >= window.ok or isDoubting(window, state.answers, t)
    local probe = false
    if load + 1 > math.floor(bound) then
        local bySelf = math.floor(bound) >= math.floor(window.w) and share == 1
        if bySelf then
            grow(window, settings.maxWindow, t)
        end
        local grown = bySelf and load + 1 <= math.floor(window.w)
        if not grown then
            if not bySelf or load > math.floor(bound) or marks.wanted or not isProbeDue(state, sum, settings, t) then
                return wait(t + ASK_AGAIN_MS, settings.maxConcurrent ~= nil and bound == settings.maxConcurrent and "operator" or "window")
            end
            if sum.othersSentAt >= 0 and t - sum.othersSentAt < OVERTAKEN_MS then
                return wait(sum.othersSentAt + OVERTAKEN_MS, "window")
            end
            probe = true
            window.probedAt = t
            window.probedAnswers = state.answers
        end
        scout = true
    end
    if scout then
        if not probe and load >= window.ok and sum.scouts >= scoutsAllowed(window) then
            return wait(
                t + math.min(
                    ASK_AGAIN_MS,
                    confirmMs(window)
                ),
                "window"
            )
        end
        calls = 1
    elseif sum.probes > 0 and t - sum.lastProbeAt < 1.3 * math.max(60, window.rejectionMs) then
        return wait(
            sum.lastProbeAt + 1.3 * math.max(60, window.rejectionMs),
            "window"
        )
    elseif countsCalls(window) then
        calls = math.max(
            1,
            math.min(
                calls,
                math.floor(bound) - load
            )
        )
        local audit = auditSize(state, load, most, t)
        if audit > 1 then
            calls = audit
            probe = true
        end
    end
    local ____state_cap_3, ____tokens_4 = state.cap, "tokens"
    ____state_cap_3[____tokens_4] = ____state_cap_3[____tokens_4] - calls
    pace.tokens = pace.tokens - (headers and countsRequests(quota) and most or priceOf(pace, calls, full))
    local answer = go(
        state,
        ask,
        settings,
        sum,
        calls,
        scout,
        probe,
        t
    )
    if canary then
        beat.canaryLease = ask.lease
    end
    return answer
end
return ____exports
 end,
["gate"] = function(...) 
local ____exports = {}
local LATE_MS = 30
local FIRST_WAIT_MS = 2000
local LONGEST_GUESS_MS = 256000
local PATIENCE = 3
function ____exports.newGate()
    return {
        untilAt = 0,
        closedAt = -1,
        half = 0,
        scoutAt = 0,
        fails = 0,
        explained = false,
        doubtAt = -1
    }
end
function ____exports.isNews(gate, sentAt)
    return sentAt > gate.closedAt
end
function ____exports.closeGate(gate, t, sentAt, retryAfterMs, longestMs)
    local before = gate.untilAt
    local news = ____exports.isNews(gate, sentAt)
    if news then
        gate.fails = gate.fails + 1
        gate.closedAt = t
        gate.half = 1
    end
    local waitMs = retryAfterMs
    if retryAfterMs < 0 then
        waitMs = news and math.min(LONGEST_GUESS_MS, FIRST_WAIT_MS * 2 ^ (gate.fails - 1)) or 0
    elseif news and gate.fails > PATIENCE then
        waitMs = math.max(
            waitMs,
            math.min(60000, 500 * 2 ^ (gate.fails - PATIENCE))
        )
    end
    gate.untilAt = math.max(
        gate.untilAt,
        t + math.min(waitMs, longestMs) + LATE_MS
    )
    if gate.untilAt > t and gate.half ~= 1 then
        gate.half = 1
    end
    return gate.untilAt > before
end
return ____exports
 end,
["new-state"] = function(...) 
local ____exports = {}
local ____beat_2Ets = require("beat")
local newBeat = ____beat_2Ets.newBeat
local ____gate_2Ets = require("gate")
local newGate = ____gate_2Ets.newGate
local ____marks_2Ets = require("marks")
local newMarks = ____marks_2Ets.newMarks
local ____pace_2Ets = require("pace")
local newPace = ____pace_2Ets.newPace
local ____quota_2Ets = require("quota")
local newQuota = ____quota_2Ets.newQuota
local ____window_2Ets = require("window")
local newWindow = ____window_2Ets.newWindow
function ____exports.newState(nowMs)
    return {
        version = 3,
        baseMs = nowMs,
        t = 0,
        answers = 0,
        answeredCalls = 0,
        passed = 0,
        refused = 0,
        mostCalls = 0,
        movedAt = -1,
        movedUp = false,
        lastWait = "",
        parts = 1,
        bound = false,
        usedAt = 0,
        openMs = 0,
        fullMs = 0,
        itemwise = 0,
        gate = newGate(),
        window = newWindow(),
        paces = {
            read = newPace(),
            write = newPace()
        },
        cap = {tokens = 0, tokensAt = 0},
        quota = newQuota(),
        beat = newBeat(),
        budget = {balanceMs = 0, rechargeMsPerHour = 0, cutoffMs = 0, at = -1},
        marks = newMarks(),
        leases = {},
        members = {}
    }
end
return ____exports
 end,
["own-trouble"] = function(...) 
local ____exports = {}
function ____exports.troubleOf(result)
    local open = result.refused - result.passedBy - result.knownBusy
    if result.refused > 0 and open <= 0 then
        return "all"
    end
    if not result.whole and open == 1 then
        return "doubt"
    end
    return result.passedBy > 0 and "passed-by" or "none"
end
return ____exports
 end,
["unsend"] = function(...) 
local ____exports = {}
local ____quota_2Ets = require("quota")
local countsRequests = ____quota_2Ets.countsRequests
function ____exports.unsend(state, lease, pace, calls)
    pace.calls = math.max(0, pace.calls - calls)
    if calls >= lease.calls then
        pace.requests = math.max(0, pace.requests - 1)
    end
    pace.tokens = pace.tokens + calls
    state.beat.usedCalls = math.max(0, state.beat.usedCalls - calls)
    if calls >= lease.calls then
        state.beat.usedRequests = math.max(0, state.beat.usedRequests - 1)
    end
    local ____state_quota_0, ____left_1 = state.quota, "left"
    ____state_quota_0[____left_1] = ____state_quota_0[____left_1] + (countsRequests(state.quota) and 1 or calls)
end
return ____exports
 end,
["report"] = function(...) 
local ____exports = {}
local stranger, loadThen, passedBack, tenantRefused
local ____beat_2Ets = require("beat")
local canaryPassed = ____beat_2Ets.canaryPassed
local hearBeat = ____beat_2Ets.hearBeat
local isMeasured = ____beat_2Ets.isMeasured
local lateBeat = ____beat_2Ets.lateBeat
local ____batch_2Ets = require("batch")
local stepDown = ____batch_2Ets.stepDown
local ____clock_2Ets = require("clock")
local account = ____clock_2Ets.account
local advance = ____clock_2Ets.advance
local ____gate_2Ets = require("gate")
local closeGate = ____gate_2Ets.closeGate
local isNews = ____gate_2Ets.isNews
local ____leases_2Ets = require("leases")
local take = ____leases_2Ets.take
local ____marks_2Ets = require("marks")
local hearBatch = ____marks_2Ets.hearBatch
local ____open_2Ets = require("open")
local openGate = ____open_2Ets.openGate
local ____own_2Dtrouble_2Ets = require("own-trouble")
local troubleOf = ____own_2Dtrouble_2Ets.troubleOf
local ____pace_2Dunit_2Ets = require("pace-unit")
local proveCalls = ____pace_2Dunit_2Ets.proveCalls
local ____pace_2Ets = require("pace")
local paceOf = ____pace_2Ets.paceOf
local ____quota_2Ets = require("quota")
local countsRequests = ____quota_2Ets.countsRequests
local isBelieved = ____quota_2Ets.isBelieved
local misread = ____quota_2Ets.misread
local read = ____quota_2Ets.read
local ____unsend_2Ets = require("unsend")
local unsend = ____unsend_2Ets.unsend
local ____window_2Ets = require("window")
local loadOf = ____window_2Ets.loadOf
local noteGone = ____window_2Ets.noteGone
local prove = ____window_2Ets.prove
local slotRefused = ____window_2Ets.slotRefused
local watch = ____window_2Ets.watch
function stranger(state, result, t)
    return {
        process = "",
        kind = "read",
        calls = math.max(
            1,
            math.min(1000, result.calls)
        ),
        sentAt = t - math.max(
            0,
            math.min(result.tookMs, 3600000)
        ),
        expiresAt = t,
        aliveAt = t,
        aliveW = state.window.w,
        aliveOk = state.window.ok,
        aliveCeiling = state.window.ceiling,
        aliveVotes = state.window.itemVotes,
        ghost = false,
        level = 0,
        callsLevel = 0,
        answers = state.answers,
        answeredCalls = state.answeredCalls,
        gone = 0,
        scout = true,
        probe = true,
        counted = true
    }
end
function loadThen(state, lease)
    return loadOf(state.window, lease.level + 1, lease.callsLevel + lease.calls)
end
function passedBack(state, lease, settings, t)
    local ____state_1 = state
    local gate = ____state_1.gate
    prove(state, lease, t)
    if lease.sentAt > gate.closedAt then
        gate.fails = 0
    end
    if gate.half == 2 and lease.sentAt >= gate.scoutAt then
        openGate(state, settings, t)
    end
end
function tenantRefused(state, lease, pace, result, retryAfterMs, settings, t)
    local ____state_2 = state
    local gate = ____state_2.gate
    local quota = ____state_2.quota
    local beat = ____state_2.beat
    local budget = ____state_2.budget
    local news = isNews(gate, lease.sentAt)
    local refused = result.refused
    if not result.whole then
        state.itemwise = 1
    end
    if not result.whole and result.passed > 0 then
        proveCalls(pace)
        if quota.left < lease.calls then
            quota.unit = math.max(-4, quota.unit - 2)
        end
    end
    pace.cost = pace.cost + refused
    if retryAfterMs >= 0 and result.whole then
        pace.stockTo = math.max(pace.stockTo, lease.calls)
    end
    pace.calls = math.max(0, pace.calls - refused)
    if result.whole or refused >= lease.calls then
        pace.requests = math.max(0, pace.requests - 1)
    end
    if news then
        local headers = isBelieved(quota, t)
        local units = countsRequests(quota) and 1 or lease.calls
        local overdrawn = budget.at >= 0 and t - budget.at < 120000 and budget.balanceMs < budget.cutoffMs / 2
        gate.explained = overdrawn or isMeasured(beat) or headers and quota.left < 2 * units
        if headers then
            misread(quota, units, lease.calls, t)
        end
    end
    local closed = closeGate(
        gate,
        t,
        lease.sentAt,
        retryAfterMs,
        settings.maxWaitMs
    )
    if isBelieved(quota, t) then
        return closed
    end
    if news and retryAfterMs > 0 then
        hearBeat(
            beat,
            pace,
            gate.untilAt,
            retryAfterMs,
            refused
        )
    else
        lateBeat(beat, refused)
    end
    return closed
end
function ____exports.report(state, id, result, settings, nowMs)
    local t = advance(state, nowMs)
    account(state, t)
    local ____state_0 = state
    local gate = ____state_0.gate
    local window = ____state_0.window
    local beat = ____state_0.beat
    local marks = ____state_0.marks
    local windowFrom = math.floor(window.w)
    local callsFrom = state.mostCalls > 0 and math.min(state.mostCalls, settings.maxCalls) or settings.maxCalls
    local known = take(state, id)
    local lease = known == nil and stranger(state, result, t) or known
    local pace = paceOf(state, lease.kind)
    local paceFrom = pace.rate
    watch(state, t)
    local isCanary = beat.canaryLease == id
    noteGone(state, lease)
    state.answers = state.answers + 1
    state.answeredCalls = state.answeredCalls + lease.calls
    state.passed = state.passed + result.passed
    local retryAfterMs = result.retryAfterMs == nil and -1 or math.max(
        0,
        math.min(result.retryAfterMs, settings.maxWaitMs)
    )
    if result.rate ~= nil then
        read(
            state,
            result.rate,
            result.passed,
            result.passed == result.calls,
            t
        )
    end
    if result.balance ~= nil then
        state.budget.balanceMs = result.balance.balanceMs
        state.budget.rechargeMsPerHour = result.balance.rechargeMsPerHour
        state.budget.cutoffMs = result.balance.cutoffMs
        state.budget.at = t
    end
    local alone = "none"
    local closed = false
    if isCanary then
        beat.canaryLease = ""
    end
    if result.slotRefused > 0 then
        state.refused = state.refused + result.slotRefused
        unsend(state, lease, pace, result.slotRefused)
        slotRefused(
            state,
            lease,
            result.tookMs,
            retryAfterMs,
            t
        )
        if gate.half == 2 and lease.sentAt >= gate.scoutAt then
            gate.half = 1
        end
    elseif result.refused > 0 then
        state.refused = state.refused + result.refused
        local trouble = troubleOf(result)
        local isScout = gate.half == 2 and lease.sentAt >= gate.scoutAt
        if trouble == "doubt" and not isCanary and not isScout and (gate.half == 0 or gate.doubtAt >= 0) then
            alone = "all"
            if gate.half == 0 then
                gate.half = 1
                gate.doubtAt = t
            end
        elseif trouble == "all" then
            alone = "all"
        else
            alone = trouble == "doubt" and "none" or trouble
            closed = tenantRefused(
                state,
                lease,
                pace,
                result,
                retryAfterMs,
                settings,
                t
            )
        end
        if alone == "all" and result.passed > 0 then
            passedBack(state, lease, settings, t)
            if known ~= nil and result.passed > 1 then
                hearBatch(
                    marks,
                    result.passed,
                    result.tookMs,
                    loadThen(state, lease),
                    state.lastWait == "window",
                    t
                )
            end
        end
    elseif result.fault then
        if gate.half == 2 and lease.sentAt >= gate.scoutAt then
            gate.half = 1
        end
    else
        if isCanary then
            canaryPassed(beat)
        end
        passedBack(state, lease, settings, t)
        if known ~= nil and result.passed == result.calls then
            if result.calls == 1 then
                window.quickestMs = window.quickestMs > 0 and math.min(window.quickestMs, result.tookMs) or result.tookMs
            end
            hearBatch(
                marks,
                result.calls,
                result.tookMs,
                loadThen(state, lease),
                state.lastWait == "window",
                t
            )
        end
        if isMeasured(beat) then
            beat.sinceCanary = beat.sinceCanary + result.passed
        end
    end
    if result.tooLarge and result.calls > 1 then
        stepDown(state, result.calls)
    end
    local reaction = {
        alone = alone,
        closedUntilMs = gate.untilAt > t and gate.untilAt + state.baseMs or 0,
        closed = closed,
        windowFrom = windowFrom,
        windowTo = math.floor(window.w),
        callsFrom = callsFrom,
        callsTo = state.mostCalls > 0 and math.min(state.mostCalls, settings.maxCalls) or settings.maxCalls,
        roomy = gate.untilAt <= t
    }
    if paceFrom > 0 then
        reaction.paceFrom = paceFrom
    end
    if pace.rate > 0 then
        reaction.paceTo = pace.rate
    end
    return reaction
end
return ____exports
 end,
["upkeep"] = function(...) 
local ____exports = {}
local shrinkWindow
local ____beat_2Ets = require("beat")
local newBeat = ____beat_2Ets.newBeat
local ____gate_2Ets = require("gate")
local newGate = ____gate_2Ets.newGate
local ____quota_2Ets = require("quota")
local newQuota = ____quota_2Ets.newQuota
local ____clock_2Ets = require("clock")
local advance = ____clock_2Ets.advance
local ____leases_2Ets = require("leases")
local take = ____leases_2Ets.take
local ____pace_2Ets = require("pace")
local paceOf = ____pace_2Ets.paceOf
local ____unsend_2Ets = require("unsend")
local unsend = ____unsend_2Ets.unsend
function shrinkWindow(state, by)
    local ____state_0 = state
    local window = ____state_0.window
    window.w = math.max(
        1,
        math.floor(window.w / by)
    )
    window.ok = math.floor(window.ok / by)
    window.changedAt = state.t
    window.cutAt = state.t
end
function ____exports.renew(state, lease, settings, nowMs)
    local t = advance(state, nowMs)
    local found = state.leases[lease]
    if found == nil then
        return nil
    end
    found.expiresAt = t + settings.leaseMs
    found.aliveAt = t
    found.aliveW = state.window.w
    found.aliveOk = state.window.ok
    found.aliveCeiling = state.window.ceiling
    found.aliveVotes = state.window.itemVotes
    found.ghost = false
    return found.expiresAt + state.baseMs
end
function ____exports.giveBack(state, id, nowMs)
    advance(state, nowMs)
    local lease = take(state, id)
    if lease == nil then
        return
    end
    unsend(
        state,
        lease,
        paceOf(state, lease.kind),
        lease.calls
    )
    local member = state.members[lease.process]
    if member ~= nil then
        member.granted = member.granted - lease.calls
    end
    if state.beat.canaryLease == id then
        state.beat.canaryLease = ""
    end
    if state.gate.half == 2 and lease.sentAt >= state.gate.scoutAt then
        state.gate.half = 1
    end
end
function ____exports.close(state, untilMs, settings, nowMs)
    local t = advance(state, nowMs)
    local untilAt = math.min(untilMs - state.baseMs, t + settings.maxWaitMs)
    if untilAt <= state.gate.untilAt or untilAt <= t then
        return
    end
    state.gate.untilAt = untilAt
    state.gate.half = 1
    state.gate.explained = true
end
function ____exports.ownShare(state, processes, nowMs)
    advance(state, nowMs)
    state.parts = math.max(1, processes)
    shrinkWindow(state, state.parts)
    state.window.ceiling = state.window.w
    state.leases = {}
    state.members = {}
end
function ____exports.resume(state, nowMs)
    local t = advance(state, nowMs)
    state.parts = 1
    shrinkWindow(state, 2)
    state.window.ceiling = 0
    state.leases = {}
    state.members = {}
    local untilAt = state.gate.untilAt
    state.gate = newGate()
    if untilAt > t then
        state.gate.untilAt = untilAt
        state.gate.half = 1
    end
    state.quota = newQuota()
    state.beat = newBeat()
    for ____, pace in ipairs({state.paces.read, state.paces.write}) do
        pace.rate = pace.rate / 2
        pace.held = pace.rate
        pace.holdUntil = t
        pace.step = 0
        pace.clean = false
        pace.cycleFrom = t
        pace.calls = 0
        pace.requests = 0
        pace.cost = 0
        pace.lastCalls = 0
        pace.lastRequests = 0
        pace.trialUntil = 0
    end
end
return ____exports
 end,
["view"] = function(...) 
local ____exports = {}
local ____beat_2Ets = require("beat")
local isMeasured = ____beat_2Ets.isMeasured
local ____clock_2Ets = require("clock")
local advance = ____clock_2Ets.advance
local ____leases_2Ets = require("leases")
local tally = ____leases_2Ets.tally
local wanting = ____leases_2Ets.wanting
local ____quota_2Ets = require("quota")
local countsRequests = ____quota_2Ets.countsRequests
local isBelieved = ____quota_2Ets.isBelieved
local quotaRate = ____quota_2Ets.quotaRate
local ____window_2Ets = require("window")
local countsCalls = ____window_2Ets.countsCalls
local LATELY_MS = 3600000
function ____exports.view(state, settings, nowMs)
    local t = advance(state, nowMs)
    local sum = tally(state, "", t)
    local ____state_0 = state
    local gate = ____state_0.gate
    local window = ____state_0.window
    local quota = ____state_0.quota
    local budget = ____state_0.budget
    local marks = ____state_0.marks
    local paces = ____state_0.paces
    local beat = ____state_0.beat
    local most = state.mostCalls > 0 and math.min(state.mostCalls, settings.maxCalls) or settings.maxCalls
    local draft = {
        closedUntilMs = gate.untilAt > t and gate.untilAt + state.baseMs or 0,
        reopening = gate.half > 0,
        window = math.max(
            1,
            math.floor(window.w)
        ),
        windowProven = math.floor(window.ok),
        windowSinceMs = window.changedAt + state.baseMs,
        windowUnit = countsCalls(window) and "calls" or "requests",
        inFlight = sum.requests,
        inFlightCalls = sum.calls,
        maxCalls = most,
        processes = wanting(state, t),
        used = state.openMs > 0 and math.min(1, state.fullMs / state.openMs) or 0,
        callsPassed = state.passed,
        callsRefused = state.refused
    }
    if window.ceiling > 0 then
        draft.windowCeiling = math.floor(window.ceiling)
    end
    if marks.w > 0 then
        draft.delayedWindow = math.max(
            1,
            math.floor(marks.w)
        )
    end
    if state.lastWait ~= "" then
        draft.binds = state.lastWait
    end
    if paces.write.rate > 0 then
        draft.writePace = paces.write.rate
    end
    if state.movedAt >= 0 and t - state.movedAt < LATELY_MS then
        draft.movedAtMs = state.movedAt + state.baseMs
        draft.movedUp = state.movedUp
    end
    if budget.at >= 0 then
        draft.budget = {balanceMs = budget.balanceMs, rechargeMsPerHour = budget.rechargeMsPerHour, cutoffMs = budget.cutoffMs, atMs = budget.at + state.baseMs}
    end
    local believed = isBelieved(quota, t)
    if quota.readAt >= 0 then
        draft.headers = {
            limit = quota.limit,
            remaining = math.max(
                0,
                math.floor(quota.left)
            ),
            resetAtMs = quota.resetAt + state.baseMs,
            unit = countsRequests(quota) and "requests" or "calls",
            believed = believed
        }
    end
    if believed then
        draft.pace = math.max(
            0,
            quotaRate(quota, t)
        ) * (countsRequests(quota) and most or 1)
        draft.paceFrom = "headers"
        draft.paceSinceMs = quota.readAt + state.baseMs
    elseif isMeasured(beat) then
        draft.pace = beat.calls / beat.periodMs * 1000
        draft.paceFrom = "refusals"
        draft.paceSinceMs = paces.read.since + state.baseMs
    elseif paces.read.rate > 0 then
        draft.pace = paces.read.rate
        draft.paceFrom = "refusals"
        draft.paceSinceMs = paces.read.since + state.baseMs
    end
    if settings.maxCallsPerSecond ~= nil and (draft.pace or settings.maxCallsPerSecond + 1) > settings.maxCallsPerSecond then
        draft.pace = settings.maxCallsPerSecond
        draft.paceFrom = "operator"
    end
    return draft
end
return ____exports
 end,
["index"] = function(...) 
local ____exports = {}
do
    local ____acquire_2Ets = require("acquire")
    ____exports.acquire = ____acquire_2Ets.acquire
end
do
    local ____new_2Dstate_2Ets = require("new-state")
    ____exports.newState = ____new_2Dstate_2Ets.newState
end
do
    local ____report_2Ets = require("report")
    ____exports.report = ____report_2Ets.report
end
do
    local ____upkeep_2Ets = require("upkeep")
    ____exports.close = ____upkeep_2Ets.close
    ____exports.giveBack = ____upkeep_2Ets.giveBack
    ____exports.ownShare = ____upkeep_2Ets.ownShare
    ____exports.renew = ____upkeep_2Ets.renew
    ____exports.resume = ____upkeep_2Ets.resume
end
do
    local ____view_2Ets = require("view")
    ____exports.view = ____view_2Ets.view
end
return ____exports
 end,
}
local ____entry = require("index", ...)
return ____entry
`;
