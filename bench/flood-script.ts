export interface FloodResult {
  /** HTTP status → how often. */
  readonly statuses: ReadonlyMap<number, number>;
  /** Answers of 503 that do not say when to come back. */
  readonly withoutRetryAfter: number;
}

/** For wrk: each request guesses another name's password, from another address (loopback is a trusted proxy). */
export function floodScript(endpoint: string): string {
  return `
local count = 0
statuses = ''
without = 0
local seen = {}
function request()
  count = count + 1
  local address = '10.' .. math.floor(count / 65536) % 256 .. '.' .. math.floor(count / 256) % 256 .. '.' .. count % 256
  local headers = {
    ['Content-Type'] = 'application/x-www-form-urlencoded',
    ['X-Forwarded-For'] = address,
  }
  local form = 'grant_type=password&client_id=flood&username=guess' .. count .. '&password=wrong-horse-battery-' .. count
  return wrk.format('POST', ${JSON.stringify(endpoint)}, headers, form)
end
function response(status, headers)
  seen[status] = (seen[status] or 0) + 1
  if status == 503 and headers['Retry-After'] == nil then without = without + 1 end
  statuses = ''
  for code, times in pairs(seen) do statuses = statuses .. 'STATUS ' .. code .. ' ' .. times .. '\\n' end
end
local thread
function setup(only) thread = only end
function done()
  io.write(thread:get('statuses'), 'WITHOUT RETRY-AFTER ', thread:get('without'), '\\n')
end
`;
}
