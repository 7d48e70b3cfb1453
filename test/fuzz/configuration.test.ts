import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { environmentName, settingKeys } from '../../src/config/environment.ts';
import { loadConfig, type Config } from '../../src/config/load.ts';
import { secretKeys } from '../../src/config/schema.ts';
import { DockpassError } from '../../src/errors.ts';
import { fuzz } from '../support/fuzz/fuzz.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

let file: string;
beforeAll(async () => {
  file = join(await temporaryDirectory('fuzz'), 'dockpass.yml');
});

const canary = 'canary';
const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    '',
    ' ',
    '0',
    '-1',
    '1e9',
    '90d',
    '5m',
    '4GiB',
    '99999999999999999999d',
    'NaN',
    'true',
    'no',
  ),
  fc.constantFrom<unknown>(
    '127.0.0.1:5002',
    ':0',
    '[::1]:5',
    'a:b:c',
    'https://u:p@h/?q#f',
    'http://h',
    '../..',
    '\0',
  ),
  fc.constantFrom<unknown>(
    '**',
    'a/*',
    '*.pub.example.com',
    'loopback',
    '10.0.0.0/8',
    '10.0.0.0/99',
    '::/0',
    '${user}',
  ),
  fc.constantFrom<unknown>(null, true, 0, -1, 1e308, 65_536, [], {}, [[]], { a: 1 }, 'x'.repeat(5000)),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const value = fc.oneof(
  scalar,
  fc.array(scalar, { maxLength: 3 }),
  fc.dictionary(fc.string({ maxLength: 6 }), scalar, { maxKeys: 2 }),
);
const keys = settingKeys();
const key = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...keys) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      '__proto__',
      'constructor.prototype.polluted',
      'keys',
      'up.',
      '.',
      'policy.0.who',
      ...['trust.0.issuer', 'trust.0.when', 'trust.0.jwks', 'trust.0.only'],
    ),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 10 }) },
);

/** Settings as a nested value, such as `{ up: { port: 1 } }`. A secret contains the word that no message may show. */
const settings = fc.array(fc.tuple(key, value, fc.boolean()), { maxLength: 3 }).map((all) => {
  const root: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const [name, given, isSection] of all) {
    const names = isSection ? name.split('.') : [name];
    let section = root;
    for (const part of names.slice(0, -1)) section = sectionIn(section, part);
    section[names.at(-1) ?? ''] = secretKeys.has(name)
      ? `${typeof given === 'string' ? given : ''}${canary}`
      : given;
  }
  return root;
});
function sectionIn(root: Record<string, unknown>, name: string): Record<string, unknown> {
  const section = root[name];
  if (typeof section === 'object' && section !== null) return section as Record<string, unknown>;
  return (root[name] = Object.create(null) as Record<string, unknown>);
}

const nearYaml = fc
  .tuple(settings, fc.nat(200), fc.constantFrom('', '', ':', '\t', '- ', '&a ', '{', '"', '\n', '%', '? '))
  .map(([given, at, put]) => {
    const text = stringify(given);
    return text.slice(0, at) + put + text.slice(at);
  });
const bombs = fc.constantFrom(
  'a: &a [x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n',
  'service: &s [*s]\n',
  '<<: {service: x}\n',
  '!!js/function "function(){}"\n',
  `${'['.repeat(2000)}\n`,
  `${'a: {'.repeat(2000)}\n`,
  '---\nservice: a\n---\nservice: b\n',
  '__proto__: {polluted: true}\n',
  '? keys.secret: canary\n',
);
const valid = fc.constantFrom(
  '',
  'service: registry\n',
  'tokens: {pullLifetime: 10m}\n',
  'publicDomains: ["*.pub.example.com"]\n',
  'policy: [{allow: [pull], on: ["a/**"], to: [anyone]}]\n',
  'trust: [{name: a, issuer: github, when: {repository_id: 5}, audience: [r], only: ["a/**:pull"]}]\n',
);
const text = fc.oneof(
  { weight: 6, arbitrary: nearYaml },
  { weight: 2, arbitrary: valid },
  { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 1, arbitrary: bombs },
);
const variables = fc.dictionary(
  fc.oneof(
    fc.constantFrom(...keys.map(environmentName)),
    fc.constantFrom('DOCKPASS_KEYS_SECRET_FILE', 'DOCKPASS_', 'DOCKPASS___PROTO__', 'DOCKPASS_PORT_80_TCP'),
  ),
  fc.oneof(scalar.map(String), fc.string()),
  { maxKeys: 2 },
);

const environment = fc.oneof(fc.constant({}), variables);

test('settings are valid, or rejected with lines that name them and show no secret', async () => {
  const counts = { valid: 0, rejected: 0 };
  const property = fc.asyncProperty(text, environment, async (yaml, given) => {
    writeFileSync(file, yaml);
    const config = await loadedOrRejected(given);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
    if (config === undefined) {
      counts.rejected++;
      return;
    }
    counts.valid++;
    expectValid(config);
  });
  await fuzz(property, 1000);
  // Make sure that enough of the settings were valid, and enough of them invalid.
  expect(Math.min(counts.valid, counts.rejected)).toBeGreaterThan(50);
});

async function loadedOrRejected(given: Readonly<Record<string, string>>): Promise<Config | undefined> {
  try {
    return await loadConfig({ file, environment: given });
  } catch (error) {
    expect(error).toBeInstanceOf(DockpassError);
    const { code, message } = error as DockpassError;
    expect(code).toBe('bad_configuration');
    expect(message).not.toContain(canary);
    // Each line names a setting, a variable, or a line of the file.
    for (const line of message.split('\n')) expect(line).toMatch(/\S{2}.*\S/s);
    return undefined;
  }
}

function expectValid(config: Config): void {
  const durations = [
    config.tokens.pullLifetime,
    config.tokens.pushLifetime,
    config.keys.leafLifetime,
    config.audit.keep,
  ];
  for (const seconds of durations) expect(Number.isSafeInteger(seconds) && seconds >= 0).toBe(true);
  expect(config.up.port >= 1 && config.up.port <= 65_535).toBe(true);
  for (const { port } of [config.listen, config.operations.listen])
    expect(port >= 0 && port <= 65_535).toBe(true);
  if (config.keys.secret !== null) expect(config.keys.secret.length).toBeGreaterThanOrEqual(32);
  expect(Object.isFrozen(config)).toBe(true);
}
