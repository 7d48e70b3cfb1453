/**
 * A folder of `src/`, or a file directly in it. `npm run lint` allows only the imports that are named here, and
 * docs/architecture.md shows this table (`npm run docs` writes it).
 */
export interface Room {
  /** `keys/` for a folder, `errors.ts` for a file. */
  readonly name: string;
  readonly contains: string;
  /** The names of rooms that this room may import. They must be earlier in `layers`. */
  readonly mayImport: readonly string[];
}

export interface Layer {
  readonly name: string;
  readonly rooms: readonly Room[];
}

const ground = [
  'errors.ts',
  'clock.ts',
  'secret.ts',
  'size.ts',
  'thread.ts',
  'package-folder.ts',
  'cache/',
  'files/',
  'net/',
  'schedule/',
];
const domain = ['realm/', 'scope/', 'policy/', 'trust/', 'audit/', 'events/', 'retention/'];

/** All layers, from the lowest to the highest. */
export const layers: readonly Layer[] = [
  {
    name: 'foundation layer',
    rooms: [
      { name: 'errors.ts', contains: 'error codes and the one error class', mayImport: [] },
      { name: 'clock.ts', contains: 'the clock that functions receive as a parameter', mayImport: [] },
      { name: 'secret.ts', contains: 'a text that no log can print', mayImport: [] },
      { name: 'size.ts', contains: 'the text of a number of bytes', mayImport: [] },
      { name: 'thread.ts', contains: 'a worker thread that is restarted if it stops', mayImport: [] },
      { name: 'package-folder.ts', contains: 'the folder of the installed package', mayImport: [] },
      { name: 'cache/', contains: 'LRU, memoize, batch per tick, cache until a change', mayImport: [] },
      {
        name: 'files/',
        contains: 'atomic writes, file stamps, PEM, the cache of compiled code',
        mayImport: ['errors.ts'],
      },
      {
        name: 'net/',
        contains: 'hosts, listen addresses, trusted proxies',
        mayImport: ['errors.ts', 'cache/'],
      },
      {
        name: 'schedule/',
        contains: 'cron expressions, and jobs that run at their times',
        mayImport: ['clock.ts'],
      },
    ],
  },
  {
    name: 'domain layer',
    rooms: [
      { name: 'realm/', contains: 'domains, and which realm a host belongs to', mayImport: ['net/'] },
      {
        name: 'scope/',
        contains: 'the scope grammar, and the scope that a registry route needs',
        mayImport: ['errors.ts'],
      },
      {
        name: 'policy/',
        contains: 'subjects, rights, patterns, rules, and the decision. Pure',
        mayImport: ['net/', 'realm/', 'scope/'],
      },
      {
        name: 'trust/',
        contains: 'trust rules: which JWTs of other issuers may log in, and with which rights. Pure',
        mayImport: ['net/', 'policy/'],
      },
      { name: 'audit/', contains: 'the vocabulary of audit events. No I/O', mayImport: ['errors.ts'] },
      {
        name: 'events/',
        contains: 'what registries report, and what counts as a pull. Pure',
        mayImport: [],
      },
      {
        name: 'retention/',
        contains: 'retention rules, and which images they delete. Pure',
        mayImport: ['policy/'],
      },
    ],
  },
  {
    name: 'infrastructure layer',
    rooms: [
      {
        name: 'config/',
        contains: 'the schema with its defaults; flags, environment, file; reloading',
        mayImport: [
          ...['errors.ts', 'secret.ts', 'files/', 'net/', 'schedule/', 'realm/', 'policy/', 'trust/'],
          'retention/',
        ],
      },
      {
        name: 'keys/',
        contains: 'certificate authority, signing keys, key stores, signing',
        mayImport: ['errors.ts', 'clock.ts', 'thread.ts', 'cache/', 'files/'],
      },
      {
        name: 'store/',
        contains: 'the ports, SQL that both databases speak, SQLite, PostgreSQL, migrations',
        mayImport: [
          ...[
            'errors.ts',
            'thread.ts',
            'package-folder.ts',
            'cache/',
            'policy/',
            'trust/',
            'audit/',
            'events/',
          ],
        ],
      },
      {
        name: 'writes/',
        contains: 'the file that makes the edge stop writes',
        mayImport: ['errors.ts', 'files/'],
      },
      {
        name: 'edge/',
        contains: 'configuration files of nginx, Caddy and Traefik',
        mayImport: ['net/', 'realm/', 'writes/'],
      },
      {
        name: 'registry/',
        contains: "the registry's configuration, and a client of its API",
        mayImport: ['errors.ts', 'files/', 'net/', 'scope/', 'config/'],
      },
    ],
  },
  {
    name: 'identity layer',
    rooms: [
      {
        name: 'identity/',
        contains: 'the chain of authenticators; passwords, access tokens, robots, sessions, lockouts',
        mayImport: [
          ...[
            'errors.ts',
            'clock.ts',
            'secret.ts',
            'cache/',
            'files/',
            'net/',
            'realm/',
            'policy/',
            'trust/',
          ],
          'store/',
        ],
      },
      {
        name: 'token/',
        contains: 'claims and the signed token',
        mayImport: ['clock.ts', 'cache/', 'policy/', 'keys/'],
      },
    ],
  },
  {
    name: 'use cases',
    rooms: [
      {
        name: 'issue-token.ts',
        contains: 'from the request to the signed token, one call for each step',
        mayImport: [
          ...['errors.ts', 'secret.ts', 'net/', 'realm/', 'scope/', 'policy/', 'identity/', 'token/'],
        ],
      },
      {
        name: 'observe/',
        contains: 'log, metrics, audit recorder, health checks',
        mayImport: [...ground, ...domain, 'keys/', 'store/', 'identity/', 'token/', 'issue-token.ts'],
      },
      {
        name: 'admin/',
        contains: 'one function for each administrative operation, with its rules and its audit row',
        mayImport: [
          ...[
            ...ground,
            ...domain,
            'config/',
            'keys/',
            'store/',
            'identity/',
            'token/',
            'registry/',
            'writes/',
          ],
        ],
      },
      {
        name: 'usage/',
        contains: 'records the events of registries, and says which images are used',
        mayImport: [...ground, ...domain, 'config/', 'store/', 'identity/', 'observe/', 'admin/'],
      },
      {
        name: 'immutable/',
        contains: 'pushes of tags that must not change: one at a time, and only if the tag does not exist',
        mayImport: ['errors.ts', 'policy/', 'store/', 'registry/'],
      },
      {
        name: 'explain/',
        contains: 'explanations of the access that a request gets, and of denials',
        mayImport: [
          ...[...ground, ...domain, 'config/', 'keys/', 'store/', 'identity/', 'token/', 'issue-token.ts'],
        ],
      },
      {
        name: 'doctor/',
        contains: 'probes for problems, one in each file, and their findings',
        mayImport: [
          ...[
            ...ground,
            ...domain,
            'config/',
            'keys/',
            'store/',
            'edge/',
            'identity/',
            'token/',
            'registry/',
          ],
          ...['writes/', 'admin/'],
        ],
      },
    ],
  },
  {
    name: 'entry points',
    rooms: [
      {
        name: 'console/',
        contains: 'the web console, which runs in the browser and calls the API',
        mayImport: ['size.ts'],
      },
      {
        name: 'http/',
        contains: 'endpoints: they parse a request, call one function below, and format the answer',
        mayImport: [
          ...[...ground, ...domain, 'config/', 'keys/', 'store/', 'registry/', 'identity/', 'token/'],
          ...[
            'issue-token.ts',
            'writes/',
            'observe/',
            'admin/',
            'usage/',
            'immutable/',
            'explain/',
            'doctor/',
          ],
        ],
      },
      {
        name: 'app/',
        contains: 'the composition root: opens, wires and closes a token server',
        mayImport: [
          ...[...ground, ...domain, 'config/', 'keys/', 'store/', 'registry/', 'identity/', 'token/'],
          ...['issue-token.ts', 'writes/', 'observe/', 'admin/', 'usage/', 'http/'],
        ],
      },
      {
        name: 'up/',
        contains: 'registry, edge and token server as supervised processes',
        mayImport: [
          ...[
            ...ground,
            'realm/',
            'policy/',
            'config/',
            'keys/',
            'store/',
            'edge/',
            'identity/',
            'registry/',
          ],
          ...['scope/', 'schedule/', 'writes/', 'observe/', 'admin/', 'doctor/', 'app/'],
        ],
      },
      {
        name: 'cli/',
        contains: 'one file for each command: it parses input, calls one function below, and formats output',
        mayImport: [
          ...[
            ...ground,
            ...domain,
            'config/',
            'keys/',
            'store/',
            'edge/',
            'identity/',
            'token/',
            'registry/',
          ],
          ...['writes/', 'observe/', 'admin/', 'usage/', 'explain/', 'doctor/', 'app/', 'up/'],
        ],
      },
      { name: 'main.ts', contains: 'the first file that runs', mayImport: ['files/', 'cli/'] },
    ],
  },
];

/** npm packages that only some files may import, so that the other code does not depend on them. */
export const packageOwners: Readonly<Record<string, string>> = {
  'node-forge': '^src/keys/ca/x509\\.ts$',
  'better-sqlite3': '^src/store/sqlite/',
  pg: '^src/store/postgres/',
  kysely: '^src/store/',
  express: '^src/http/',
  preact: '^src/console/',
  'preact-iso': '^src/console/',
  'lucide-static': '^src/console/',
  commander: '^src/cli/',
};
