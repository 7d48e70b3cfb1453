import fc from 'fast-check';

/** Generators for the values in requests, for property tests. */

export const publicDomains = [
  'pub.example.com',
  '*.mirror.example.com',
  'images.example.com:8443',
  '[2001:db8::1]',
];

export interface SpelledHost {
  readonly text: string;
  readonly isPublic: boolean;
}

const hosts = fc.constantFrom<SpelledHost & { readonly keepsPort?: true }>(
  { text: 'pub.example.com', isPublic: true },
  { text: 'a.mirror.example.com', isPublic: true },
  { text: 'images.example.com:8443', isPublic: true, keepsPort: true },
  { text: '[2001:db8::1]', isPublic: true },
  { text: '[2001:0DB8:0:0:0:0:0:1]', isPublic: true },
  { text: 'registry.example.com', isPublic: false },
  { text: 'sub.pub.example.com', isPublic: false },
  { text: 'a.b.mirror.example.com', isPublic: false },
  { text: 'mirror.example.com', isPublic: false },
  { text: 'images.example.com', isPublic: false },
  { text: 'images.example.com:8444', isPublic: false, keepsPort: true },
  { text: 'pub.example.com.evil.org', isPublic: false },
  { text: 'localhost', isPublic: false },
  { text: '192.0.2.7', isPublic: false },
);

/** A host in one of the spellings that clients and proxies send: in upper case, with a final dot, with a port. */
export const spelledHost: fc.Arbitrary<SpelledHost> = fc
  .tuple(hosts, fc.infiniteStream(fc.boolean()), fc.boolean(), fc.constantFrom('', ':443', ':80'))
  .map(([{ text, isPublic, keepsPort }, upper, dot, port]) => {
    const [, name = '', own = ''] = /^(\[.*\]|[^:]*)(:.*)?$/.exec(text) ?? [];
    const spelled = [...name].map((letter) => (upper.next().value ? letter.toUpperCase() : letter)).join('');
    const dotted = dot && !name.startsWith('[') ? `${spelled}.` : spelled;
    return { text: dotted + (keepsPort ? own : port), isPublic };
  });

const word = fc.stringMatching(/^[a-z0-9]{1,6}$/);
const component = fc.oneof(
  word,
  fc.tuple(word, fc.constantFrom('_', '.', '__', '-', '--'), word).map((parts) => parts.join('')),
);

/** A repository name that matches the grammar of the distribution project. */
export const repositoryName = fc
  .tuple(
    fc.option(fc.constantFrom('localhost:5000', 'registry.example.com', 'Host-1:1'), {
      nil: undefined,
      freq: 4,
    }),
    fc.array(component, { minLength: 1, maxLength: 4 }),
  )
  .map(([host, components]) => [...(host === undefined ? [] : [host]), ...components].join('/'));

export const action = fc.constantFrom('pull', 'push', 'delete', '*', 'mount');

/** A scope that matches the scope grammar. */
export const scopeText = fc
  .record({
    type: fc.constantFrom(
      'repository',
      'repository',
      'repository',
      'repository(plugin)',
      'registry',
      'artifact',
    ),
    name: fc.oneof(repositoryName, fc.constantFrom('catalog', 'open/app', 'open/a/b', 'team/app')),
    actions: fc.array(action, { maxLength: 5 }),
  })
  .map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`);

/** Texts that match the scope grammar, that almost match it, and that do not resemble it. */
export const anyText = fc.oneof(
  { weight: 3, arbitrary: scopeText },
  { weight: 1, arbitrary: fc.string({ maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(':', ',', '/', '*', 'pull', '(', ')', ' ', 'a', 'é', '\0'), { maxLength: 20 })
      .map((parts) => parts.join('')),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(scopeText, fc.nat(80), fc.string({ minLength: 1, maxLength: 2 }))
      .map(([text, at, more]) => text.slice(0, at) + more + text.slice(at)),
  },
);
