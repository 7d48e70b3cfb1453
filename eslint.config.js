import tseslint from 'typescript-eslint';

/** Every folder of src/. */
const folders = [
  'scope',
  'realm',
  'policy',
  'identity',
  'token',
  'keys',
  'store',
  'config',
  'observe',
  'http',
  'cli',
  'edge',
  'registry',
  'up',
  'diagnose',
];
/** All but itself and those named; the second is for a folder of which one file alone may be known. */
const allBut = (self, known, inPart = []) => [
  ...folders.filter((folder) => folder !== self && !known.includes(folder)),
  ...inPart,
];

/**
 * Imports point down: http, cli → issue-token → realm, identity, scope, policy, token → keys, store.
 * For each folder, the folders that it must not know.
 */
const forbidden = {
  scope: allBut('scope', ['realm']),
  realm: allBut('realm', []),
  policy: allBut('policy', ['scope', 'realm', 'identity']),
  identity: allBut('identity', ['scope', 'realm', 'policy', 'store']),
  token: allBut('token', ['scope', 'realm', 'policy', 'identity', 'keys']),
  keys: allBut('keys', []),
  store: allBut('store', ['scope', 'realm', 'policy', 'identity', 'observe']),
  observe: allBut(
    'observe',
    ['scope', 'realm', 'policy', 'identity', 'token', 'keys', 'store'],
    ['keys/(?!key-ring)'],
  ),
  http: allBut('http', ['scope', 'realm', 'policy', 'identity', 'token', 'keys', 'config', 'observe']),
  config: allBut('config', ['scope', 'realm', 'policy', 'identity'], ['identity/(?!secret)']),
  edge: allBut('edge', ['realm', 'config']),
  registry: allBut('registry', ['scope', 'policy', 'identity', 'token', 'keys', 'config']),
  diagnose: allBut('diagnose', folders.slice(0, folders.indexOf('http'))),
  up: allBut('up', [
    'realm',
    'identity',
    'keys',
    'store',
    'config',
    'observe',
    'edge',
    'registry',
    'diagnose',
  ]),
};

/** The folders that the story in issue-token.ts is told of. */
const told = ['scope', 'realm', 'policy', 'identity', 'token'];

/** Packages that one place alone may know. */
const ownedPackages = {
  'node-forge': 'src/keys/ca/x509.ts',
  'better-sqlite3': 'src/store/sqlite*.ts',
  pg: 'src/store/postgres*.ts',
};

const importRules = (patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });
const packagePatterns = Object.keys(ownedPackages).map((name) => ({
  group: [name],
  message: `only ${ownedPackages[name]} knows ${name}`,
}));
const folderPattern = (folders) => ({
  regex: `^\\.\\./(?:${folders.join('|')})(?:/|$)`,
  message: 'imports point down: see docs/architecture.md',
});

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.cache/', 'data/'] },
  ...tseslint.configs.strict,
  {
    files: ['**/*.ts'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-invalid-void-type': 'off',
      '@typescript-eslint/unified-signatures': 'off',
      'no-control-regex': 'off',
      '@typescript-eslint/no-empty-function': ['error', { allow: ['arrowFunctions'] }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
    },
  },
  { files: ['src/**/*.ts'], rules: importRules(packagePatterns) },
  {
    files: ['src/issue-token.ts'],
    rules: importRules([
      ...packagePatterns,
      {
        regex: `^\\./(?:${folders.filter((folder) => !told.includes(folder)).join('|')})(?:/|$)`,
        message: 'the story knows neither where it is asked from nor where things are kept',
      },
    ]),
  },
  ...Object.entries(forbidden).map(([folder, folders]) => ({
    files: [`src/${folder}/**/*.ts`],
    rules: importRules([...packagePatterns, folderPattern(folders)]),
  })),
  ...Object.entries(ownedPackages).map(([, file]) => ({
    files: [file],
    rules: {
      'no-restricted-imports': ['error', { patterns: [folderPattern(forbidden[file.split('/')[1]])] }],
    },
  })),
);
