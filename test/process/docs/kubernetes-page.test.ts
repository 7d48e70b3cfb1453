import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { clusterKey, writeKeySet } from '../../support/kubernetes/cluster-keys.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Runs the commands of the page with a stand-in for kubectl. test/e2e/trust/kubernetes.test.ts runs them with a real
// API server, if the machine has one.

const page = 'docs/trust/kubernetes.md';

/** Creates a program that answers like kubectl on a cluster with this key set. @returns its path */
async function kubectlFor(keySet: string): Promise<string> {
  const file = join(await temporaryDirectory('kubectl'), 'kubectl');
  await writeFile(
    file,
    `#!/bin/sh
case "$*" in
  'get --raw /openid/v1/jwks') cat '${keySet}' ;;
  'get --raw /.well-known/openid-configuration') echo '{"issuer":"https://kubernetes.default.svc.cluster.local"}' ;;
  'apply -f prod/rbac.yaml') test -s "$3" ;;
  *) echo "unexpected: $*" >&2; exit 1 ;;
esac
`,
    { mode: 0o755 },
  );
  return file;
}

test('has commands that work, and a configuration for Talos that is the same as for other nodes', async () => {
  const keySet = await writeKeySet({ keys: [await clusterKey()] });
  const recipe = await openRecipe(page, { programs: { kubectl: [await kubectlFor(keySet)] } });
  const { stdout, stderr } = await recipe.next();
  expect(stdout).toContain('"issuer"');
  expect(stderr).toContain(
    'trust.yml, credential-provider-config.yaml, dockpass-credential-provider, rbac.yaml',
  );
  const written = (name: string): Promise<string> => readFile(join(recipe.directory, 'prod', name), 'utf8');

  await writeFile(join(recipe.directory, 'dockpass.yml'), await written('trust.yml'));
  await recipe.next();
  recipe.finish();

  const talos = parse(recipe.shown('yaml patch.yaml')) as {
    machine: { kubelet: { credentialProviderConfig: unknown } };
  };
  expect(talos.machine.kubelet.credentialProviderConfig).toEqual(
    parse(await written('credential-provider-config.yaml')),
  );
  expect(parseAllDocuments(await written('rbac.yaml'))).toHaveLength(2);
});
