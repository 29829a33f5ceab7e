-- Brings what Redis says of the status lists to where the database is, or says why not. Nothing else writes there.
--
-- KEYS: meta, changes, then every list. ARGV: the order as JSON, then, where `write` says so, the bytes of each list.
-- The order: {issuer, epoch, version, as_of, final, write, since, changes, lists, digests}
--   write    "all": set every list; "some": only these, which must be at this very version; "changes": apply changes
--   since    the version that the changes follow on
--   changes  {{id, body}}, one a revision, in order
--   final    whether the database had nothing beyond them at `as_of`
--   lists    the ids of the lists, in the order of KEYS
--   digests  SHA-1 of each list, to be compared, or nothing
-- Answers {outcome, epoch, version, differing}: "done"; "newer": what is there is; "moved": it is somewhere else;
-- "unsound": something is missing, cut, or not ours. `differing` counts lists from 1.

local GUARD, BYTES, INVALID, PATIENCE = "\85", 32768, 1, 60
local order = cjson.decode(ARGV[1])
local held = redis.pcall("HMGET", KEYS[1], "issuer", "epoch", "version", "as_of")
local epoch, version, as_of = tonumber(held[2]), tonumber(held[3]), tonumber(held[4])
local ours = not held.err and held[1] == order.issuer and epoch and version and as_of
local first = ours and (epoch > order.epoch or (epoch == order.epoch and version > order.version))
local now = tonumber(redis.call("TIME")[1])
local sound = ours and as_of <= math.max(order.as_of, now) + PATIENCE

local function answer(outcome, differing)
  return {outcome, epoch or 0, version or 0, differing or {}}
end

local function set_meta(time)
  epoch, version = order.epoch, order.version
  redis.call("HSET", KEYS[1], "issuer", order.issuer, "epoch", epoch, "version", version, "as_of", time)
end

local function is_whole(key)
  local length = redis.pcall("STRLEN", key)
  return length == BYTES and redis.call("GETRANGE", key, 0, 0) == GUARD and redis.call("GETRANGE", key, -1, -1) == GUARD
end

local function drop_stream_ahead()
  if redis.call("EXISTS", KEYS[2]) == 0 then
    return
  end
  local info, last = redis.pcall("XINFO", "STREAM", KEYS[2]), nil
  for place = 1, #info, 2 do
    if info[place] == "last-generated-id" then
      last = info[place + 1]
    end
  end
  local e, r = string.match(last or "", "^(%d+)-(%d+)$")
  e, r = tonumber(e), tonumber(r)
  if not e or e > order.epoch or (e == order.epoch and r > order.version) then
    redis.call("DEL", KEYS[2])
  end
end

local function write_lists()
  for place = 3, #KEYS do
    redis.call("SET", KEYS[place], ARGV[place - 1])
  end
end

if order.write == "some" then
  if not sound or epoch ~= order.epoch or version ~= order.version then
    return answer("moved")
  end
  write_lists()
  return answer("done")
end

if order.write == "all" then
  if first or (sound and epoch == order.epoch and version == order.version and as_of > order.as_of) then
    return answer("newer")
  end
  write_lists()
  drop_stream_ahead()
  redis.call("DEL", KEYS[1])
  set_meta(order.as_of)
  return answer("done")
end

if first then
  return answer("newer")
end
if not sound or epoch ~= order.epoch then
  return answer("unsound")
end
if version ~= order.since then
  return answer("moved")
end
local keys = {}
for place = 3, #KEYS do
  keys[order.lists[place - 2]] = KEYS[place]
  if not is_whole(KEYS[place]) then
    return answer("unsound")
  end
end

local function set_status(key, idx, status)
  local bit = 8 * math.floor(idx / 4) + 6 - 2 * (idx % 4)
  if redis.call("BITFIELD", key, "GET", "u2", bit)[1] ~= INVALID then
    redis.call("BITFIELD", key, "SET", "u2", bit, status)
  end
end

for _, change in ipairs(order.changes) do
  local lists = cjson.decode(change[2]).lists
  for list in pairs(lists) do
    if not keys[list] then
      return answer("unsound")
    end
  end
  local added = redis.pcall("XADD", KEYS[2], "MAXLEN", "~", order.keep, change[1], "change", change[2])
  if added.err then
    if string.find(added.err, "OOM", 1, true) then
      return redis.error_reply(added.err)
    end
    return answer("unsound")
  end
  for list, entries in pairs(lists) do
    for _, entry in ipairs(entries) do
      set_status(keys[list], entry[1], entry[2])
    end
  end
end
set_meta(order.final and math.max(as_of, order.as_of) or as_of)

local differing = {}
for place, digest in ipairs(order.digests) do
  if redis.sha1hex(redis.call("GET", KEYS[place + 2])) ~= digest then
    differing[#differing + 1] = place
  end
end
return answer("done", differing)
