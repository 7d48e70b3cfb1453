import * as z from 'zod/mini';
import { en } from 'zod/locales';
import { compilePattern } from '../policy/pattern.ts';
import { parseTagPattern } from '../policy/tags/tag-pattern.ts';
import { roles } from '../policy/rights.ts';
import { parseDomain } from '../realm/domain.ts';
import { parseTrustedProxies } from '../net/trusted-proxies.ts';
import { parseDuration } from './values/duration.ts';
import { parseList } from './values/list.ts';
import { parseSize } from './values/size.ts';
import { parseListen } from '../net/listen-address.ts';
import { cron } from './values/cron.ts';
import { policyRules } from './values/policy-rules.ts';
import { read, wholeNumberFrom } from './values/read.ts';
import { retentionRules } from './values/retention-rules.ts';
import { trustRules } from './values/trust-rules.ts';

// Each command creates this schema, so it is made with zod/mini, which takes less than half the time of zod. zod/mini
// has no error messages of its own.
z.config(en());

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
const tagPattern = read(
  parseTagPattern,
  'a repository pattern, a colon and a tag pattern, such as release/**:v*',
);
const nonEmpty = z.string().check(z.minLength(1));
const path = nonEmpty;
const secretWanted = 'must have at least 32 random characters. Create a secret with: openssl rand -base64 32';
const port = wholeNumberFrom(1, 65_535, 'must be a port number from 1 to 65535');
const wholeNumber = wholeNumberFrom(0, Number.MAX_SAFE_INTEGER, 'must be a whole number such as 15');
/** The schema of a size such as `4GiB` or a number of bytes. The parsed value is a number of bytes. */
const byteCount = z.pipe(
  z.transform((value: unknown) => (typeof value === 'number' ? String(value) : value)),
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
    z.pipe(
      z.literal([0, 1]),
      z.transform((digit: 0 | 1): boolean => digit === 1),
    ),
    z.pipe(z.string(), z.transform(parseBoolean)),
  ],
  booleanWanted,
);

const eventsSecretWanted =
  'must have only printable ASCII characters and no spaces. Create a secret with: openssl rand -hex 32';
const titleWanted = 'must have 1 to 100 characters';

export const schema = z.strictObject({
  service: z._default(nonEmpty, 'registry'),
  issuer: z._default(nonEmpty, 'dockpass'),
  publicDomains: z.prefault(parseList(domain), []),
  publicRepositories: z.prefault(parseList(pattern), ['**']),
  publicCatalog: z._default(yesOrNo, true),
  publicCatalogTitle: z._default(
    z.string().check(z.trim(), z.minLength(1, titleWanted), z.maxLength(100, titleWanted)),
    'Container images',
  ),
  publicCatalogText: z._default(z.string().check(z.maxLength(2000, 'must have at most 2000 characters')), ''),
  trustedProxies: z.prefault(z.pipe(parseList(z.string()), z.transform(peersOrIssue)), ['loopback']),
  externalUrl: orNone(read(parseExternalUrl, 'a URL such as https://registry.example.com')),
  registries: z.prefault(parseList(read(parseExternalUrl, 'a URL such as http://127.0.0.1:5000')), []),
  listen: z.prefault(listen, '127.0.0.1:5002'),
  operations: section({ listen: z.prefault(listen, '127.0.0.1:5003') }),
  database: z._default(path, 'data/dockpass.db'),
  databasePassword: z._default(z.nullable(nonEmpty), null),
  databaseStaleness: z.prefault(duration, '30s'),
  databaseOwnership: z._default(z.enum(['warn', 'require']), 'warn'),
  strictPermissions: z._default(yesOrNo, false),
  keys: section({
    directory: z._default(path, 'keys'),
    secret: z._default(z.nullable(z.string().check(z.minLength(32, secretWanted))), null),
    algorithm: z._default(z.enum(['ES256', 'RS256', 'EdDSA']), 'ES256'),
    mode: z._default(z.enum(['x5c', 'kid']), 'x5c'),
    leafLifetime: z.prefault(duration, '90d'),
    rotateBefore: z.prefault(duration, '30d'),
    authority: section({
      certificate: z._default(z.nullable(path), null),
      key: z._default(z.nullable(path), null),
      passphrase: z._default(z.nullable(z.string()), null),
      requireDedicated: z._default(yesOrNo, false),
    }),
  }),
  tokens: section({
    pullLifetime: z.prefault(duration, '5m'),
    pushLifetime: z.prefault(duration, '1h'),
    refresh: section({
      enabled: z._default(yesOrNo, true),
      idle: z.prefault(duration, '30d'),
      absolute: z.prefault(duration, '180d'),
    }),
  }),
  passwords: section({ minLength: z._default(wholeNumber, 15), remember: z.prefault(duration, '60s') }),
  users: section({ defaultRole: z._default(z.enum(roles), 'writer') }),
  htpasswd: orNone(path),
  htpasswdRole: z._default(z.enum(roles), 'writer'),
  catalog: z._default(z.enum(['own', 'admins', 'users']), 'own'),
  policy: z.prefault(policyRules, []),
  immutableTags: z.prefault(parseList(tagPattern), []),
  trust: z.prefault(trustRules, []),
  retention: z.prefault(retentionRules, []),
  retentionSchedule: section({ at: orNone(cron), apply: z._default(yesOrNo, false) }),
  audit: section({
    keep: z.prefault(duration, '90d'),
    maxEvents: z._default(wholeNumber, 10_000_000),
    maxBytes: z.prefault(byteCount, '4GiB'),
  }),
  events: section({
    listen: z.prefault(listen, '127.0.0.1:5004'),
    secret: orNone(z.string().check(z.regex(/^[\x21-\x7e]+$/, eventsSecretWanted))),
    keepRaw: z.prefault(duration, '30d'),
  }),
  gc: section({ at: orNone(cron) }),
  writes: section({ directory: orNone(path) }),
  up: section({
    port: z._default(port, 5001),
    tls: z._default(nonEmpty, 'self-signed'),
    acmeServer: orNone(read(parseAcmeServer, 'a URL such as https://acme.example.com/acme/directory')),
    directory: z._default(path, 'data/up'),
    storage: z._default(path, 'data/registry'),
    registryListen: z.prefault(listen, '127.0.0.1:5000'),
    privateDomains: z.prefault(parseList(domain), []),
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
  'events.secret',
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
  'writes.directory',
  'htpasswd',
]);

/**
 * Creates the schema of a nested section. If the section or some of its settings are missing in the configuration, the
 * schema uses the default values.
 */
function section<Shape extends z.core.$ZodShape>(shape: Shape) {
  return z.prefault(z.strictObject(shape), {} as never);
}

/**
 * Creates the schema of a setting that is null by default. An empty text, for example from an environment variable, is
 * parsed as null.
 */
function orNone<Value extends z.ZodMiniType>(value: Value) {
  const empty = z.pipe(
    z.literal(''),
    z.transform(() => null),
  );
  return z._default(z.union([z.null(), empty, value]), null);
}

function parseBoolean(text: string, context: z.core.ParsePayload): boolean {
  const name = text.trim().toLowerCase();
  if (Object.hasOwn(booleanTexts, name)) return booleanTexts[name] === true;
  context.issues.push({ code: 'custom', message: booleanWanted, input: text });
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

function peersOrIssue(texts: string[], context: z.core.ParsePayload) {
  const peers = parseTrustedProxies(texts);
  if (typeof peers !== 'string') return peers;
  context.issues.push({
    code: 'custom',
    message: `${JSON.stringify(peers)} is not valid. Use an IP address, a network such as 10.0.0.0/8, the word loopback or the word private`,
    input: texts,
  });
  return z.NEVER;
}
