import type { Random } from '../policy/random-policies.ts';

/**
 * Changes a JWT in one or more places, as an attacker or a broken client does: characters, whole parts, and members of
 * the header and the claims. The result may equal the original.
 * @param others other JWTs, from which parts are taken
 */
export function mutate(jwt: string, others: readonly string[], random: Random): string {
  let text = jwt;
  do text = random.pick(mutations)(text, others, random);
  while (random.chance(0.3));
  return text;
}

type Mutation = (text: string, others: readonly string[], random: Random) => string;

const characters = [
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_',
  ...'+/=. \n\0{}"é\ud800',
];

const mutations: readonly Mutation[] = [
  // Single characters. The last ones are in the signature, where several texts can stand for the same bytes.
  (text, _, random) => replaceAt(text, random.below(text.length), 1, random.pick(characters)),
  (text, _, random) => replaceAt(text, text.length - 1 - random.below(4), 1, random.pick(characters)),
  (text, _, random) => replaceAt(text, random.below(text.length), 0, random.pick(characters)),
  (text, _, random) => replaceAt(text, random.below(text.length), 1 + random.below(8), ''),
  (text, _, random) => text.slice(0, random.below(text.length)),
  (text, _, random) => {
    const at = random.below(text.length);
    const end = at + 1 + random.below(4);
    const part = text.slice(at, end);
    return replaceAt(
      text,
      at,
      end - at,
      part === part.toUpperCase() ? part.toLowerCase() : part.toUpperCase(),
    );
  },
  // Whole parts.
  (text, others, random) => {
    const parts = text.split('.');
    const index = random.below(Math.max(parts.length, 3));
    parts[index] = random.pick(others).split('.')[index] ?? '';
    return parts.join('.');
  },
  (text, _, random) => {
    const parts = text.split('.');
    parts.splice(random.below(parts.length), random.below(2), random.pick(['', 'e30', 'AAAA', 'bnVsbA']));
    return parts.join('.');
  },
  // Members of the header and of the claims, with a right or an empty signature.
  (text, others, random) => changeJson(text, 0, random, headerMembers(others, random)),
  (text, _, random) => changeJson(text, 1, random, claimMembers(random)),
];

function headerMembers(others: readonly string[], random: Random): readonly (readonly [string, unknown])[] {
  const kid = headerOf(random.pick(others))['kid'];
  const algorithms = ['none', 'None', 'HS256', 'HS512', 'RS256', 'RS1', 'ES256', 'ES256K', 'EdDSA', '', 1];
  return [
    ['alg', random.pick(algorithms)],
    ['kid', random.pick([kid, undefined, '', 1, '../../dev/null', "' or 1=1 --", ['a']])],
    ['crit', random.pick([['exp'], ['b64'], [], 1])],
    ['b64', random.pick([false, true])],
    ['jku', 'https://localhost/keys'],
    ['jwk', { kty: 'oct', k: 'AAAA' }],
    ['x5c', ['AAAA']],
    ['typ', random.pick(['JWE', 1, 'at+jwt'])],
    ['zip', 'DEF'],
    ['enc', 'A128GCM'],
    ['__proto__', { alg: 'none' }],
  ];
}

function claimMembers(random: Random): readonly (readonly [string, unknown])[] {
  return [
    ['iss', random.pick(['https://elsewhere.example.com', 1, undefined, ['a']])],
    ['aud', random.pick(['registry.example.com', ['registry.example.com', 'x'], undefined, {}])],
    ['exp', random.pick([0, 4e9, 1e308, '1', null, undefined])],
    ['nbf', random.pick([0, 4e9, -1])],
    ['iat', random.pick([0, 4e9, '0'])],
    ['repository_id', '1'],
    ['__proto__', { repository_id: '1' }],
  ];
}

/** Changes one member of the JSON object in a part of the JWT. The other parts stay as they are. */
function changeJson(
  text: string,
  part: number,
  random: Random,
  members: readonly (readonly [string, unknown])[],
): string {
  const parts = text.split('.');
  const [name, value] = random.pick(members);
  const changed = JSON.stringify({ ...parse(parts[part]), [name]: value });
  parts[part] = Buffer.from(changed).toString('base64url');
  if (random.chance(0.1)) parts[2] = '';
  return parts.join('.');
}

function headerOf(text: string): Readonly<Record<string, unknown>> {
  return parse(text.split('.')[0]);
}

function parse(part: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function replaceAt(text: string, at: number, length: number, replacement: string): string {
  return text.slice(0, at) + replacement + text.slice(at + length);
}
