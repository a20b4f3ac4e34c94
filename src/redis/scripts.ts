import { createHash } from "node:crypto";

/** A Lua script. Redis runs it atomically: no other command runs between its commands. */
export interface Script {
  readonly text: string;
  /** Its name in the cache of Redis. */
  readonly sha: string;
}

function script(text: string): Script {
  return { text, sha: createHash("sha1").update(text).digest("hex") };
}

/**
 * `masterId()` returns the replication id of this server. Redis changes it when it starts, when a replica becomes the
 * master, when its first replica connects, and an hour after the last replica has left. If the id is the same, Redis
 * has lost nothing since.
 */
const MASTER_ID = `
local function masterId()
  local info = redis.call('INFO', 'replication')
  if not string.find(info, 'role:master', 1, true) then return nil end
  -- A pattern would take longer than everything else in a script.
  local _, last = string.find(info, 'master_replid:', 1, true)
  return string.sub(info, last + 1, last + 40)
end
`;

/**
 * `log` is the state of the log of `KEYS[1]` (its stream) and `KEYS[2]` (its hash). The log gets a new epoch when the
 * hash is missing, when the server has another replication id than at the last change, or when the caller knows events
 * of this epoch that are not there.
 *
 * `ARGV`: 1 a name for a new epoch, 2 and 3 the epoch and the end that the caller knows, 4 `1` to trust the store, 5
 * the time after which an idle log is removed in milliseconds, or 0.
 *
 * The sequence numbers continue in a new epoch, because the ids of a stream only grow. Entries are dense, so their
 * number gives the first one.
 */
const OPEN_LOG = `${MASTER_ID}
local function show(number) return string.format('%.0f', number) end

local function lastSequence()
  if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
  local info = redis.call('XINFO', 'STREAM', KEYS[1])
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then return tonumber(string.match(info[i + 1], '^0%-(%d+)$')) end
  end
end

local function keep()
  if ARGV[5] == '0' then return end
  redis.call('PEXPIRE', KEYS[1], ARGV[5])
  redis.call('PEXPIRE', KEYS[2], ARGV[5])
end

local id = masterId()
if not id then return redis.error_reply('READONLY The server is a replica, and logs need the master') end
local stored = redis.call('HMGET', KEYS[2], 'epoch', 'master', 'end', 'complete')
local log = { epoch = stored[1], finish = tonumber(stored[3]) or 1, complete = tonumber(stored[4]) or 0 }

local function renew()
  local last = lastSequence()
  if not last then return redis.error_reply('ERR The stream of the log has entries of another program') end
  log.epoch, log.finish = ARGV[1], math.max(log.finish, last + 1)
  redis.call('HSET', KEYS[2], 'epoch', log.epoch, 'master', id, 'end', show(log.finish))
  keep()
end

local function start() return math.max(1, log.finish - redis.call('XLEN', KEYS[1])) end

if not log.epoch or (ARGV[4] ~= '1' and stored[2] ~= id)
  or (log.epoch == ARGV[2] and log.finish < tonumber(ARGV[3])) then
  local failure = renew()
  if failure then return failure end
end
`;

/**
 * Appends a batch of events, and publishes it. `KEYS[3]` has the last batch of this writer, so that a batch that is
 * sent again, because its answer was lost, is stored once.
 *
 * `ARGV`: 6 the number of the batch, 7 the time in milliseconds for which it is remembered, 8 the capacity, 9 `1` to
 * complete the log, 10 the Pub/Sub channel, 11 the maximum size of a message in bytes, 12 and following the events.
 *
 * Returns the epoch, the start, the end, whether the log is complete, and the epoch and the number of the first event
 * of the batch; this number is 0 when nothing was stored because the log is complete. If the message fails, its error
 * follows. An error after the first change starts with `PARTIAL `.
 *
 * The message is `<epoch> <first> <start> <end> <complete> <events>`. The events are separated by line feeds, which
 * their JSON does not contain. They are missing when they are too large.
 */
const APPEND = script(`${OPEN_LOG}
local before = redis.call('GET', KEYS[3])
if before then
  local batch, epoch, first = string.match(before, '^(%d+) (%S+) (%d+)$')
  if tonumber(batch) == tonumber(ARGV[6]) then
    return { log.epoch, start(), log.finish, log.complete, epoch, tonumber(first) }
  end
  if tonumber(batch) > tonumber(ARGV[6]) then return redis.error_reply('ERR A later batch was stored') end
end
if log.complete == 1 then return { log.epoch, start(), log.finish, 1, log.epoch, 0 } end

local first, size, events, isChanged = log.finish, 0, {}, false
local function store()
  for i = 12, #ARGV do
    local added = redis.pcall('XADD', KEYS[1], '0-' .. show(log.finish), 'event', ARGV[i])
    if type(added) == 'table' and added.err then
      -- Another program has added entries, or has restored an older hash.
      if i > 12 or not string.find(added.err, 'equal or smaller', 1, true) then return added end
      local failure = renew()
      if failure then return failure end
      first = log.finish
      redis.call('XADD', KEYS[1], '0-' .. show(log.finish), 'event', ARGV[i])
    end
    isChanged = true
    log.finish = log.finish + 1
    size = size + #ARGV[i]
    events[#events + 1] = ARGV[i]
  end
  if ARGV[9] == '1' then log.complete = 1 end
  redis.call('HSET', KEYS[2], 'end', show(log.finish), 'complete', log.complete)
  isChanged = true
  redis.call('SET', KEYS[3], ARGV[6] .. ' ' .. log.epoch .. ' ' .. show(first), 'PX', ARGV[7])
  if #events > 0 then redis.call('XTRIM', KEYS[1], 'MAXLEN', '~', ARGV[8]) end
  keep()
end
local isDone, failure = pcall(store)
if not isDone or failure then
  local message = type(failure) == 'table' and failure.err or tostring(failure)
  return redis.error_reply((isChanged and 'PARTIAL ' or '') .. message)
end
local from = start()
local shown = size > tonumber(ARGV[11]) and '' or table.concat(events, '\\n')
local news = { log.epoch, show(first), show(from), show(log.finish), log.complete, shown }
-- The events are stored now, so a refused message is no failure of the script.
local sent = redis.pcall('PUBLISH', ARGV[10], table.concat(news, ' '))
return { log.epoch, from, log.finish, log.complete, log.epoch, first, type(sent) == 'table' and sent.err or nil }
`);

/**
 * Returns the epoch, the start, the end and whether the log is complete, and then the number and the text of each event
 * from `ARGV[6]` to before `ARGV[7]`, about `ARGV[8]` bytes or one larger event. There are no events when the caller
 * knows another epoch.
 */
const READ = script(`${OPEN_LOG}
local reply = { log.epoch, start(), log.finish, log.complete }
if log.epoch ~= ARGV[2] then return reply end
local from, to, bytes = tonumber(ARGV[6]), math.min(tonumber(ARGV[7]), log.finish), tonumber(ARGV[8])
local count = 1
while from < to and bytes > 0 do
  local range = { '0-' .. show(from), '0-' .. show(to - 1) }
  local entries = redis.call('XRANGE', KEYS[1], range[1], range[2], 'COUNT', count)
  if #entries == 0 then break end
  for _, entry in ipairs(entries) do
    if bytes <= 0 then break end
    local sequence = tonumber(string.match(entry[1], '%d+$'))
    reply[#reply + 1] = sequence
    reply[#reply + 1] = entry[2][2]
    bytes = bytes - #entry[2][2]
    from = sequence + 1
  end
  count = math.min(count * 2, 64)
end
return reply
`);

/**
 * Looks at many logs at once, without a change. `KEYS`: the stream and the hash of each log. `ARGV[1]`: `1` to
 * trust the store. Returns `<epoch> <start> <end> <complete>` for each log, or an empty text for a log that the
 * script READ has to look at.
 */
const CHECK = script(`${MASTER_ID}
local id = masterId()
if not id then return redis.error_reply('READONLY The server is a replica, and logs need the master') end
local reply = {}
for i = 1, #KEYS, 2 do
  local length = redis.pcall('XLEN', KEYS[i])
  local stored = redis.pcall('HMGET', KEYS[i + 1], 'epoch', 'master', 'end', 'complete')
  local state = ''
  if type(length) == 'number' and not stored.err and stored[1] and (ARGV[1] == '1' or stored[2] == id) then
    local start = string.format('%.0f', math.max(1, tonumber(stored[3]) - length))
    state = table.concat({ stored[1], start, stored[3], stored[4] or '0' }, ' ')
  end
  reply[#reply + 1] = state
end
return reply
`);

export const scripts: { readonly append: Script; readonly read: Script; readonly check: Script } = {
  append: APPEND,
  read: READ,
  check: CHECK,
};
