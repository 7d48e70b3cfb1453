import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';

// Every page for a task answers the same questions in the same order, so that readers find their way.
const headings = [
  'What you get',
  'Before you start',
  'Steps',
  'Check that it worked',
  'If it fails',
  'See also',
];

const pages = [
  ...[
    'access-tokens',
    'acme',
    'audit',
    'backup',
    'behind-a-tls-proxy',
    'browser-uis',
    'command-line',
    'compose',
    'doctor',
    'edges',
    'explain',
  ],
  ...[
    'htpasswd',
    'identity-tokens',
    'images',
    'immutable-tags',
    'install',
    'keys-in-the-database',
    'kubernetes',
    'own-pki',
    'remote',
    'replicas',
    'rights',
    'robots',
    'runbook',
    'uninstall',
    'upgrade',
    'users',
  ],
  ...['another-port', 'distribution', 'nginx-htpasswd', 'one-container-proxy', 'self-signed'].map(
    (name) => `coming-from-${name}`,
  ),
];

test.each(pages)('docs/%s.md has the sections of a task page, in their order', async (name) => {
  const page = await readFile(new URL(`../../../docs/${name}.md`, import.meta.url), 'utf8');
  const found = [...page.matchAll(/^## (.+)$/gm)].map(([, heading = '']) => heading);
  expect(found.filter((heading) => headings.includes(heading))).toEqual(headings);
});
