import tseslint from 'typescript-eslint';

/**
 * Imports point down: http, cli → issue-token → realm, identity, scope, policy, token → keys, store.
 * For each folder, the folders that it must not know.
 */
const forbidden = {
  scope: [
    'policy',
    'identity',
    'token',
    'keys',
    'store',
    'http',
    'cli',
    'config',
    'observe',
    'edge',
    'registry',
    'up',
    'diagnose',
  ],
  realm: [
    'scope',
    'policy',
    'identity',
    'token',
    'keys',
    'store',
    'http',
    'cli',
    'config',
    'observe',
    'edge',
    'registry',
    'up',
    'diagnose',
  ],
  policy: [
    'token',
    'keys',
    'store',
    'http',
    'cli',
    'config',
    'observe',
    'edge',
    'registry',
    'up',
    'diagnose',
  ],
  identity: ['token', 'keys', 'http', 'cli', 'config', 'observe', 'edge', 'registry', 'up', 'diagnose'],
  token: ['store', 'http', 'cli', 'config', 'observe', 'edge', 'registry', 'up', 'diagnose'],
  keys: [
    'identity',
    'policy',
    'scope',
    'realm',
    'token',
    'store',
    'http',
    'cli',
    'config',
    'observe',
    'edge',
    'registry',
    'up',
    'diagnose',
  ],
  store: ['token', 'keys', 'http', 'cli', 'config', 'edge', 'registry', 'up', 'diagnose'],
  observe: ['keys/(?!key-ring)', 'http', 'cli', 'config', 'edge', 'registry', 'up', 'diagnose'],
  http: ['cli', 'store', 'edge', 'registry', 'up', 'diagnose'],
  config: [
    'identity/(?!secret)',
    'token',
    'keys',
    'store',
    'http',
    'cli',
    'observe',
    'edge',
    'registry',
    'up',
    'diagnose',
  ],
};

/** Packages that one place alone may know. */
const ownedPackages = {
  'node-forge': 'src/keys/x509.ts',
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
