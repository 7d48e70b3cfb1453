export interface FloodResult {
  /** The number of answers by HTTP status. */
  readonly statuses: ReadonlyMap<number, number>;
  /** The number of 503 answers without a Retry-After header. */
  readonly withoutRetryAfter: number;
}

/**
 * Returns a script for wrk. Each request sends a wrong password for another user name, with another client address in
 * X-Forwarded-For, which dockpass trusts from loopback.
 */
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
