import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderComposeNginx, renderHelmNginx } from '../../../scripts/deploy-edges.ts';
import { repository } from '../../support/run/environment.ts';

// The configurations in deploy/ are rendered by the same code as the edge of `dockpass up`. So each fix of this code
// applies to both.

test.each([
  ['deploy/compose/nginx.conf', renderComposeNginx],
  ['deploy/helm/dockpass/files/nginx.conf', renderHelmNginx],
])('%s is up to date; if not, run npm run docs', async (path, render) => {
  expect(await readFile(join(repository, path), 'utf8')).toBe(render());
});
