-- Status of a token, by the contract of docs/redis.md: "valid", "refuse", or "unknown", which is never valid.
local REDIS_HOST, REDIS_PORT, REDIS_PASSWORD = "127.0.0.1", 6379, nil
local MAX_STALENESS = 60
local seen_epoch, seen_version = 0, 0

local function command(...)
  local words = { ... }
  local text = "*" .. #words .. "\r\n"
  for _, word in ipairs(words) do
    word = tostring(word)
    text = text .. "$" .. #word .. "\r\n" .. word .. "\r\n"
  end
  return text
end

local function reply(socket)
  local line = socket:receive("*l")
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "$" then
    local length = tonumber(rest)
    return length >= 0 and socket:receive(length + 2):sub(1, length) or nil
  elseif kind == "*" then
    local items = {}
    for n = 1, tonumber(rest) do
      items[n] = reply(socket)
    end
    return items
  elseif kind == "-" then
    error(rest)
  end
  return kind == ":" and tonumber(rest) or rest
end

local function ask(prefix, list, idx)
  local socket = core.tcp()
  socket:settimeout(1)
  assert(socket:connect(REDIS_HOST, REDIS_PORT))
  local bit = 8 * (idx // 4) + 6 - 2 * (idx % 4)
  socket:send((REDIS_PASSWORD and command("AUTH", REDIS_PASSWORD) or "") .. command("MULTI")
    .. command("HMGET", prefix .. "meta", "issuer", "epoch", "version", "as_of")
    .. command("BITFIELD_RO", prefix .. "list:" .. list, "GET", "u8", 0, "GET", "u2", bit, "GET", "u8", 262136)
    .. command("EXEC"))
  for _ = 1, REDIS_PASSWORD and 4 or 3 do
    reply(socket)
  end
  local answer = reply(socket)
  socket:close()
  return answer[1], answer[2]
end

local function status(txn)
  local issuer, uri, idx = txn:get_var("txn.issuer"), txn:get_var("txn.uri"), txn:get_var("txn.idx")
  local lists = issuer .. "/status-lists/"
  if not uri or not idx or uri:sub(1, #lists) ~= lists then
    return "refuse"
  end
  local hash = txn.c:hex(txn.c:sha2(issuer, 256)):sub(1, 16):lower()
  local meta, read = ask("safeconduct:{" .. hash .. "}:", uri:sub(#lists + 1), tonumber(idx))
  local epoch, version, as_of = tonumber(meta[2]), tonumber(meta[3]), tonumber(meta[4])
  if meta[1] ~= issuer or not epoch or not version or not as_of or read[1] ~= 85 or read[3] ~= 85 then
    return "unknown"
  end
  local is_old = epoch < seen_epoch or (epoch == seen_epoch and version < seen_version)
  if is_old or math.abs(core.now().sec - as_of) > MAX_STALENESS then
    return "unknown"
  end
  seen_epoch, seen_version = epoch, version
  return read[2] == 0 and "valid" or "refuse"
end

core.register_action("safeconduct_status", { "http-req" }, function(txn)
  local worked, said = pcall(status, txn)
  if not worked then
    core.Warning("the status of a token is unknown: " .. tostring(said))
  end
  txn:set_var("txn.status", worked and said or "unknown")
end)
