/**
 * Sums over 60 seconds, by slots, as `SlidingSum` keeps them: a hash of slots, with the sum in `s` and the oldest slot
 * in `h`. Times are Redis' own, in milliseconds since 1970.
 */
const SLIDING_SUM = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local GRAIN, SLOTS = tonumber(ARGV[1]), tonumber(ARGV[2])
local slot = math.floor(now / GRAIN)
local function text(number) return string.format('%.0f', number) end
local function amount(key, at) return tonumber(redis.call('HGET', key, text(at)) or '0') end
local function wait(at) return (at + SLOTS) * GRAIN - now end

local function open(key)
  local sum = tonumber(redis.call('HGET', key, 's') or '0')
  local head = tonumber(redis.call('HGET', key, 'h') or text(slot))
  local from = head
  while head < slot do
    local old = amount(key, head)
    if old > 0 and slot - head < SLOTS then break end
    redis.call('HDEL', key, text(head))
    sum = sum - old
    head = head + 1
  end
  if head ~= from then redis.call('HSET', key, 's', text(sum), 'h', text(head)) end
  return { key = key, sum = sum, head = head }
end

local function change(key, at, by)
  redis.call('HINCRBY', key, text(at), text(by))
  redis.call('HINCRBY', key, 's', text(by))
  redis.call('HSETNX', key, 'h', text(at))
end

local function add(key, by)
  if by == 0 then return end
  -- A clock that goes back stands still.
  change(key, math.max(slot, tonumber(redis.call('HGET', key, 'h') or '0')), by)
  redis.call('PEXPIRE', key, SLOTS * GRAIN + 1000)
end

local function waitFor(window, by, most)
  local rest = window.sum + by
  if rest <= most then return 0 end
  for at = window.head, slot do
    rest = rest - amount(window.key, at)
    if rest <= most then return wait(at) end
  end
  return wait(slot)
end

local function idleAfter(key)
  local left = redis.call('PTTL', key)
  if left < 0 then return 0 end
  return math.max(0, left - 1000)
end
`;

/**
 * Asks all subjects of a call, and charges them all or none.
 *
 * KEYS, for each subject: its requests, its tokens, its open calls.
 * ARGV: the grain, the slots, the call's name, how long its place is held, how long to wait for a place; then for each
 * subject: rpm, tpm, parallel (0: no bound), the tokens to charge.
 * Answers with the slot, the subject that refuses (0: none), its limit (1 to 3), the wait; then for each subject: the
 * requests in the window, the time until there are none, and the same of tokens.
 */
export const ADMIT = `${SLIDING_SUM}
local name, lease, patience = ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])
local subjects, who, which, longest = {}, 0, 0, 0
local function refuse(index, limit, ms)
  if ms > longest then who, which, longest = index, limit, ms end
end
for index = 1, #KEYS / 3 do
  local at = 5 + (index - 1) * 4
  local subject = { requests = KEYS[index * 3 - 2], tokens = KEYS[index * 3 - 1], calls = KEYS[index * 3] }
  subject.rpm, subject.tpm = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  subject.parallel, subject.charge = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  subjects[index] = subject
  if subject.parallel > 0 then
    redis.call('ZREMRANGEBYSCORE', subject.calls, '-inf', now)
    if redis.call('ZCARD', subject.calls) >= subject.parallel then refuse(index, 3, patience) end
  end
  if subject.rpm > 0 then
    refuse(index, 1, waitFor(open(subject.requests), 1, subject.rpm))
  end
  if subject.tpm > 0 then
    refuse(index, 2, waitFor(open(subject.tokens), math.max(subject.charge, 1), subject.tpm))
  end
end
local answer = { slot, who, which, math.ceil(longest) }
for _, subject in ipairs(subjects) do
  if who == 0 then
    if subject.rpm > 0 then add(subject.requests, 1) end
    if subject.tpm > 0 then add(subject.tokens, subject.charge) end
    if subject.parallel > 0 then
      redis.call('ZADD', subject.calls, now + lease, name)
      redis.call('PEXPIRE', subject.calls, lease + 1000)
    end
  end
  for _, key in ipairs({ subject.requests, subject.tokens }) do
    answer[#answer + 1] = tonumber(redis.call('HGET', key, 's') or '0')
    answer[#answer + 1] = idleAfter(key)
  end
end
return answer
`;

/**
 * A call is over.
 *
 * KEYS, for each subject: its tokens, its open calls.
 * ARGV: the grain, the slots, the call's name, the slot it was admitted in; then for each subject: how many tokens more
 * than were charged, or fewer, it used.
 */
export const SETTLE = `${SLIDING_SUM}
local name, admitted = ARGV[3], tonumber(ARGV[4])
for index = 1, #KEYS / 2 do
  local tokens, by = KEYS[index * 2 - 1], tonumber(ARGV[4 + index])
  redis.call('ZREM', KEYS[index * 2], name)
  if by > 0 then
    open(tokens)
    add(tokens, by)
  elseif by < 0 then
    local back = math.min(-by, amount(tokens, admitted))
    if back > 0 then change(tokens, admitted, -back) end
  end
end
return 0
`;

/**
 * Calls that are still open keep their places.
 *
 * KEYS, for each: the open calls it is one of. ARGV: how long it is held, then for each its name.
 */
export const RENEW = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[1])
for index, key in ipairs(KEYS) do
  redis.call('ZADD', key, now + lease, ARGV[1 + index])
  redis.call('PEXPIRE', key, lease + 1000)
end
return 0
`;
