import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { renderComposeNginx, renderHelmNginx } from '../../../scripts/deploy-edges.ts';
import { repository } from '../../support/run/environment.ts';

// The edges of deploy/ are the edge that `dockpass up` runs: no fault is mended in one of them alone.

it.each([
  ['deploy/compose/nginx.conf', renderComposeNginx],
  ['deploy/helm/dockpass/files/nginx.conf', renderHelmNginx],
])('%s is what npm run docs makes of src/edge', async (path, render) => {
  expect(await readFile(join(repository, path), 'utf8')).toBe(render());
});
