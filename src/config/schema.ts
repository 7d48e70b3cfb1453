import { z } from 'zod';
import { compilePattern } from '../policy/pattern.ts';
import { roles } from '../policy/rights.ts';
import { parseDomain } from '../realm/domain.ts';
import { parseTrustedProxies } from '../net/trusted-proxies.ts';
import { parseDuration } from './values/duration.ts';
import { parseList } from './values/list.ts';
import { parseSize } from './values/size.ts';
import { parseListen } from '../net/listen-address.ts';
import { policyRules } from './values/policy-rules.ts';

// The schema is used once or twice in a process, so compiling it would take longer than it saves.
z.config({ jitless: true });

/**
 * This file contains the schema of dockpass.yml, with all default values. Unknown keys are errors. The same schema also
 * parses the environment variables, so it accepts every value as text as well.
 */

/** The schema of a duration such as `5m`. The parsed value is a number of seconds. */
const duration = read((text) => parseDuration(text), 'a duration such as 90s, 5m, 1h or 30d');
const listen = read((text) => parseListen(text), 'an address and a port such as 127.0.0.1:5002');
const domain = read(
  orUndefined(parseDomain),
  'a host name such as pub.example.com, *.pub.example.com or pub.example.com:8443',
);
const pattern = read(compilePattern, 'a repository pattern such as library/* or **');
const path = z.string().min(1);
const secretWanted = 'must have at least 32 random characters. Create a secret with: openssl rand -base64 32';
const port = wholeNumberFrom(1, 65_535, 'must be a port number from 1 to 65535');
const wholeNumber = wholeNumberFrom(0, Number.MAX_SAFE_INTEGER, 'must be a whole number such as 15');
/** The schema of a size such as `4GiB` or a number of bytes. The parsed value is a number of bytes. */
const byteCount = z.preprocess(
  (value) => (typeof value === 'number' ? String(value) : value),
  read((text) => parseSize(text), 'a size such as 500MiB or 4GiB, or a number of bytes'),
);
const booleanTexts: Readonly<Record<string, boolean>> = {
  ...{ true: true, yes: true, on: true, '1': true },
  ...{ false: false, no: false, off: false, '0': false },
};
const booleanWanted =
  'must be true or false. dockpass also accepts yes, no, on, off, 1 and 0. Upper case and lower case are equal';
/**
 * The schema of a boolean. It accepts text too, because `yes` and `on` are text in YAML 1.2, and every value of an
 * environment variable is text.
 */
const yesOrNo = z.union(
  [
    z.boolean(),
    z.literal([0, 1]).transform(Boolean),
    z.string().transform((text, context) => parseBoolean(text, context)),
  ],
  booleanWanted,
);

export const schema = z.strictObject({
  service: z.string().min(1).default('registry'),
  issuer: z.string().min(1).default('dockpass'),
  publicDomains: parseList(domain).prefault([]),
  publicRepositories: parseList(pattern).prefault(['**']),
  publicCatalog: yesOrNo.default(true),
  publicCatalogTitle: z.string().trim().min(1).max(100).default('Container images'),
  publicCatalogText: z.string().max(2000).default(''),
  trustedProxies: parseList(z.string())
    .pipe(z.array(z.string()).transform(peersOrIssue))
    .prefault(['loopback']),
  externalUrl: orNone(read(parseExternalUrl, 'a URL such as https://registry.example.com')),
  registries: parseList(read(parseExternalUrl, 'a URL such as http://127.0.0.1:5000')).prefault([]),
  listen: listen.prefault('127.0.0.1:5002'),
  operations: section({ listen: listen.prefault('127.0.0.1:5003') }),
  database: path.default('data/dockpass.db'),
  databasePassword: z.string().min(1).nullable().default(null),
  databaseStaleness: duration.prefault('30s'),
  databaseOwnership: z.enum(['warn', 'require']).default('warn'),
  strictPermissions: yesOrNo.default(false),
  keys: section({
    directory: path.default('keys'),
    secret: z.string().min(32, secretWanted).nullable().default(null),
    algorithm: z.enum(['ES256', 'RS256', 'EdDSA']).default('ES256'),
    mode: z.enum(['x5c', 'kid']).default('x5c'),
    leafLifetime: duration.prefault('90d'),
    rotateBefore: duration.prefault('30d'),
    authority: section({
      certificate: path.nullable().default(null),
      key: path.nullable().default(null),
      passphrase: z.string().nullable().default(null),
      requireDedicated: yesOrNo.default(false),
    }),
  }),
  tokens: section({
    pullLifetime: duration.prefault('5m'),
    pushLifetime: duration.prefault('1h'),
    refresh: section({
      enabled: yesOrNo.default(true),
      idle: duration.prefault('30d'),
      absolute: duration.prefault('180d'),
    }),
  }),
  passwords: section({ minLength: wholeNumber.default(15), remember: duration.prefault('60s') }),
  users: section({ defaultRole: z.enum(roles).default('writer') }),
  htpasswd: z.union([z.null(), z.literal('').transform(() => null), path]).default(null),
  htpasswdRole: z.enum(roles).default('writer'),
  catalog: z.enum(['admins', 'users']).default('admins'),
  policy: policyRules.prefault([]),
  audit: section({
    keep: duration.prefault('90d'),
    maxEvents: wholeNumber.default(10_000_000),
    maxBytes: byteCount.prefault('4GiB'),
  }),
  up: section({
    port: port.default(5001),
    tls: z.string().min(1).default('self-signed'),
    acmeServer: orNone(read(parseAcmeServer, 'a URL such as https://acme.example.com/acme/directory')),
    directory: path.default('data/up'),
    storage: path.default('data/registry'),
    registryListen: listen.prefault('127.0.0.1:5000'),
    privateDomains: parseList(domain).prefault([]),
  }),
});

export type Settings = z.output<typeof schema>;

/**
 * The settings whose value is a secret or may contain one. When dockpass prints settings, it masks these values.
 * dockpass can also read each of them from a file: for `database`, the variable DOCKPASS_DATABASE_FILE contains the
 * path of the file.
 */
export const secretKeys: ReadonlySet<string> = new Set([
  'database',
  'databasePassword',
  'keys.secret',
  'keys.authority.passphrase',
]);
/** Returns the unit of a setting whose parsed value is a number of seconds or of bytes. Undefined for all others. */
export function unitOf(key: string): 'duration' | 'size' | undefined {
  let type: unknown = schema;
  for (const name of key.split('.')) {
    const { shape, def } = type as { shape?: object; def: { innerType?: { shape?: object } } };
    type = (shape ?? def.innerType?.shape)?.[name as never];
  }
  const { innerType } = (type as { def: { innerType?: unknown } }).def;
  if (innerType === duration) return 'duration';
  return innerType === byteCount ? 'size' : undefined;
}

/** The settings whose value is a path. A relative path is resolved against the folder of the configuration file. */
export const pathKeys: ReadonlySet<string> = new Set([
  'database',
  'keys.directory',
  'keys.authority.certificate',
  'keys.authority.key',
  'up.directory',
  'up.storage',
  'htpasswd',
]);

/**
 * Creates the schema of a nested section. If the section or some of its settings are missing in the configuration, the
 * schema uses the default values.
 */
function section<Shape extends z.ZodRawShape>(shape: Shape) {
  return z.strictObject(shape).prefault({} as never);
}

/**
 * Creates the schema of a setting that is null by default. An empty text, for example from an environment variable, is
 * parsed as null.
 */
function orNone<Value extends z.ZodType>(value: Value) {
  return z.union([z.null(), z.literal('').transform(() => null), value]).default(null);
}

/**
 * Creates a schema that parses text, such as a duration, into a value. The schema already returns the parsed value, so
 * no other code has to parse the text.
 */
function read<Value>(parse: (text: string) => Value | undefined, expected: string) {
  return z.string(`must be ${expected}`).transform((text, context): Value => {
    const value = parse(text.trim());
    if (value !== undefined) return value;
    context.addIssue({ code: 'custom', message: `must be ${expected}`, input: text });
    return z.NEVER;
  });
}

function wholeNumberFrom(min: number, max: number, wanted: string) {
  return z
    .union([z.int(), z.string().regex(/^\d+$/).transform(Number)], wanted)
    .pipe(z.int(wanted).min(min, wanted).max(max, wanted));
}

function parseBoolean(text: string, context: z.RefinementCtx): boolean {
  const name = text.trim().toLowerCase();
  if (Object.hasOwn(booleanTexts, name)) return booleanTexts[name] === true;
  context.addIssue({ code: 'custom', message: booleanWanted, input: text });
  return z.NEVER;
}

function orUndefined<Value>(parse: (text: string) => Value): (text: string) => Value | undefined {
  return (text) => {
    try {
      return parse(text);
    } catch {
      return undefined;
    }
  };
}

function parseExternalUrl(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined &&
    /^https?:$/.test(url.protocol) &&
    url.username === '' &&
    url.password === '' &&
    url.search === ''
    ? url
    : undefined;
}

/**
 * Parses the directory URL of an ACME server (RFC 8555 section 7.1.1). Returns undefined if it is not a valid HTTPS
 * URL.
 */
function parseAcmeServer(text: string): URL | undefined {
  const url = parseExternalUrl(text);
  return url?.protocol === 'https:' ? url : undefined;
}

function peersOrIssue(texts: readonly string[], context: z.RefinementCtx) {
  const peers = parseTrustedProxies(texts);
  if (typeof peers !== 'string') return peers;
  context.addIssue({
    code: 'custom',
    message: `${JSON.stringify(peers)} is not valid. Use an IP address, a network such as 10.0.0.0/8, the word loopback or the word private`,
    input: texts,
  });
  return z.NEVER;
}
