/** The law in Lua 5.1, made from src/throttle/law by `npm run build:law`: change that, not this. Sources: sha256 c674e8fa51e2f0f7a4e17db67ae4506f8e222df405e39378ec54d450d87220d2. */
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
return ____exports
 end,
["law"] = function(...) 
local ____lualib = require("lualib_bundle")
local __TS__Delete = ____lualib.__TS__Delete
local ____exports = {}
local ____clock_2Ets = require("clock")
local advance = ____clock_2Ets.advance
function ____exports.newState(nowMs)
    return {
        version = 1,
        baseMs = nowMs,
        t = 0,
        answers = 0,
        callAnswers = 0,
        passed = 0,
        refused = 0,
        maxCalls = 0,
        gate = {
            untilAt = 0,
            closedAt = -1,
            half = 0,
            scout = "",
            scoutAt = 0,
            fails = 0
        },
        window = {
            w = 0,
            ok = 1,
            ceiling = 0,
            changedAt = 0,
            grownAt = 0,
            cutAt = 0,
            cuts = 0,
            stillUntil = 0,
            rejectionMs = 0
        },
        leases = {},
        members = {}
    }
end
function ____exports.acquire(state, ask, settings, nowMs)
    local t = advance(state, nowMs)
    local ____state_0 = state
    local gate = ____state_0.gate
    local window = ____state_0.window
    local inFlight = 0
    for id in pairs(state.leases) do
        do
            local __continue4
            repeat
                local lease = state.leases[id]
                if lease == nil then
                    __continue4 = true
                    break
                end
                if lease.expiresAt <= t then
                    if lease.scout and gate.half == 2 then
                        gate.half = 1
                    end
                    __TS__Delete(state.leases, id)
                else
                    inFlight = inFlight + 1
                end
                __continue4 = true
            until true
            if not __continue4 then
                break
            end
        end
    end
    if window.w == 0 then
        window.w = settings.startWindow
    end
    if t < gate.untilAt then
        return {kind = "wait", untilMs = gate.untilAt + state.baseMs, because = "retry-after"}
    end
    if gate.half == 2 then
        return {kind = "wait", untilMs = t + 250 + state.baseMs, because = "half-open"}
    end
    if inFlight >= window.w then
        return {kind = "wait", untilMs = t + 250 + state.baseMs, because = "window"}
    end
    local scout = gate.half == 1
    if scout then
        gate.half = 2
    end
    local calls = scout and 1 or math.min(10, ask.waiting, ask.maxCalls, settings.maxCalls)
    local lease = {
        process = ask.process,
        kind = ask.kind,
        calls = calls,
        sentAt = t,
        expiresAt = t + settings.leaseMs,
        level = inFlight,
        callsLevel = 0,
        answers = state.answers,
        callAnswers = state.callAnswers,
        scout = scout,
        probe = false,
        counted = false
    }
    state.leases[ask.lease] = lease
    return {kind = "go", calls = calls, expiresAtMs = lease.expiresAt + state.baseMs, scout = scout}
end
function ____exports.report(state, lease, result, settings, nowMs)
    local t = advance(state, nowMs)
    local ____state_1 = state
    local gate = ____state_1.gate
    local window = ____state_1.window
    local before = window.w
    local known = state.leases[lease]
    local late = known ~= nil and known.sentAt <= gate.closedAt
    __TS__Delete(state.leases, lease)
    state.answers = state.answers + 1
    if known ~= nil and known.scout and result.passed == 0 and gate.half == 2 then
        gate.half = 1
    end
    local alone = result.refused == 0 and "none" or (result.refused == result.passedBy + result.knownBusy and "all" or (result.passedBy > 0 and "passed-by" or "none"))
    local closed = false
    if alone ~= "all" and result.refused > 0 then
        if not late then
            gate.fails = gate.fails + 1
        end
        local waitMs = result.retryAfterMs or 2000 * 2 ^ math.max(
            0,
            math.min(7, gate.fails - 1)
        )
        gate.untilAt = math.max(
            gate.untilAt,
            t + math.min(waitMs, settings.maxWaitMs) + 50
        )
        gate.half = 1
        gate.closedAt = t
        closed = true
    elseif result.slotRefused > 0 then
        window.w = math.max(1, window.w - 1)
    elseif result.passed > 0 then
        if known ~= nil and known.scout and gate.half == 2 then
            gate.half = 0
        end
        if not late then
            gate.fails = 0
        end
        window.w = math.min(settings.maxWindow, window.w + 1 / window.w)
    end
    return {
        alone = alone,
        closedUntilMs = gate.untilAt > t and gate.untilAt + state.baseMs or 0,
        closed = closed,
        windowFrom = math.floor(before),
        windowTo = math.floor(window.w),
        callsFrom = settings.maxCalls,
        callsTo = settings.maxCalls,
        roomy = true
    }
end
function ____exports.renew(state, lease, settings, nowMs)
    local t = advance(state, nowMs)
    local found = state.leases[lease]
    if found == nil then
        return nil
    end
    found.expiresAt = t + settings.leaseMs
    return found.expiresAt + state.baseMs
end
function ____exports.giveBack(state, lease, nowMs)
    advance(state, nowMs)
    local found = state.leases[lease]
    if found == nil then
        return
    end
    if found.scout and state.gate.half == 2 then
        state.gate.half = 1
    end
    __TS__Delete(state.leases, lease)
end
function ____exports.close(state, untilMs, settings, nowMs)
    local t = advance(state, nowMs)
    local untilAt = math.min(untilMs - state.baseMs, t + settings.maxWaitMs)
    if untilAt <= state.gate.untilAt then
        return
    end
    state.gate.untilAt = untilAt
    state.gate.half = 1
end
function ____exports.ownShare(state, processes, nowMs)
    advance(state, nowMs)
    state.window.w = math.max(
        1,
        math.floor(state.window.w / math.max(1, processes))
    )
end
function ____exports.resume(state, nowMs)
    state.baseMs = nowMs - state.t
    state.leases = {}
    state.members = {}
    state.window.w = math.max(
        1,
        math.floor(state.window.w / 2)
    )
end
function ____exports.view(state, settings, nowMs)
    local t = advance(state, nowMs)
    local inFlight = 0
    for id in pairs(state.leases) do
        if state.leases[id] ~= nil then
            inFlight = inFlight + 1
        end
    end
    return {
        closedUntilMs = state.gate.untilAt > t and state.gate.untilAt + state.baseMs or 0,
        reopening = state.gate.half > 0,
        window = math.max(
            1,
            math.floor(state.window.w)
        ),
        windowProven = state.window.ok,
        windowSinceMs = state.window.changedAt + state.baseMs,
        windowUnit = "requests",
        inFlight = inFlight,
        inFlightCalls = 0,
        maxCalls = settings.maxCalls,
        processes = 1,
        used = 0,
        callsPassed = state.passed,
        callsRefused = state.refused
    }
end
return ____exports
 end,
["index"] = function(...) 
local ____exports = {}
do
    local ____law_2Ets = require("law")
    ____exports.acquire = ____law_2Ets.acquire
    ____exports.close = ____law_2Ets.close
    ____exports.giveBack = ____law_2Ets.giveBack
    ____exports.newState = ____law_2Ets.newState
    ____exports.ownShare = ____law_2Ets.ownShare
    ____exports.renew = ____law_2Ets.renew
    ____exports.report = ____law_2Ets.report
    ____exports.resume = ____law_2Ets.resume
    ____exports.view = ____law_2Ets.view
end
return ____exports
 end,
}
local ____entry = require("index", ...)
return ____entry
`;
