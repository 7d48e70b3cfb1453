import { join, resolve } from 'node:path';
import { trustRuleSchema } from '../../config/values/trust-rules.ts';
import { DockpassError } from '../../errors.ts';
import { replaceFile } from '../../files/atomic-file.ts';
import { parseHost } from '../../net/host.ts';
import { requireNoFiles } from '../init/require-no-files.ts';
import { pluginName, ruleNameOf, type Cluster } from '../kubernetes/cluster.ts';
import { requireKeySet } from '../kubernetes/key-set-file.ts';
import { renderKubeletConfig } from '../kubernetes/kubelet-config.ts';
import { renderPlugin } from '../kubernetes/plugin-file.ts';
import { renderRbacFile } from '../kubernetes/rbac-file.ts';
import { renderTrustFile } from '../kubernetes/trust-file.ts';
import { say } from '../output.ts';

export interface KubernetesInitOptions {
  readonly cluster: string;
  readonly issuer: string;
  readonly jwks: string;
  readonly host: string;
  readonly out: string;
}

/**
 * Writes the files that `kubernetes init` creates. Checks all input before it writes the first file, and overwrites no
 * file. It needs no configuration and no database, so it can run on the machine of the administrator of the cluster.
 * @throws DockpassError `bad_usage`, `key_files`, `already_exists`
 */
export async function kubernetesInit(options: KubernetesInitOptions): Promise<void> {
  const folder = resolve(options.out);
  const cluster = clusterOf(options);
  await requireKeySet(cluster.keySetFile);
  const files = {
    'trust.yml': renderTrustFile(cluster),
    'credential-provider-config.yaml': renderKubeletConfig(cluster),
    [pluginName]: await renderPlugin(cluster),
    'rbac.yaml': renderRbacFile(cluster),
  };
  requireNoFiles(folder, Object.keys(files));
  for (const [name, text] of Object.entries(files))
    await replaceFile(join(folder, name), text, name === pluginName ? 0o755 : 0o644);
  say(`written to ${folder}: ${Object.keys(files).join(', ')}. Next steps:`);
  for (const step of nextSteps(cluster, folder)) say(`  ${step}`);
}

/** @throws DockpassError `bad_usage` */
function clusterOf({ cluster: name, issuer, jwks, host }: KubernetesInitOptions): Cluster {
  const cluster: Cluster = { name, issuer, keySetFile: resolve(jwks), host: hostOf(host) };
  const read = trustRuleSchema('file').safeParse({
    name: ruleNameOf(cluster),
    issuer,
    jwks: cluster.keySetFile,
    audience: [cluster.host],
    only: ['sample/**:pull'],
  });
  const issues = read.error?.issues ?? [];
  // A preset such as gitlab, or its URL, is an issuer that clusters do not have.
  if (issues.some(({ path: [key] }) => key === 'when') || (read.success && read.data.issuer !== issuer))
    throw badIssuer('this is the issuer of a CI platform and not of a cluster');
  if (read.success) return cluster;
  const [{ path: [key] = [], message = '' } = {}] = issues;
  if (key === 'issuer') throw badIssuer(message);
  if (key !== 'name') throw new DockpassError('bad_usage', `--${String(key)}: ${message}`);
  throw new DockpassError(
    'bad_usage',
    '--cluster: use letters a-z, digits and . _ @ -, with a letter or digit at the end, and at most 53 characters. You can choose any name',
  );
}

function badIssuer(what: string): DockpassError {
  return new DockpassError(
    'bad_usage',
    `--issuer: ${what}. To see the issuer of the cluster, run: kubectl get --raw /.well-known/openid-configuration`,
  );
}

/**
 * Returns the host as it is in the names of images: in lower case, with the port if one is given.
 * @throws DockpassError `bad_usage`
 */
function hostOf(text: string): string {
  const [, port] = /:(\d+)$/.exec(text) ?? [];
  try {
    const { name } = parseHost(text);
    // The kubelet cannot match IPv6 addresses.
    if (!name.includes(':')) return port === undefined ? name : `${name}:${Number(port)}`;
  } catch {
    // The error below says what to write.
  }
  throw new DockpassError(
    'bad_usage',
    '--host: write the host as in the names of images: a host name with an optional port, without https:// and without a path, such as registry.example.com or registry.example.com:5001',
  );
}

function nextSteps(cluster: Cluster, folder: string): string[] {
  return [
    `copy the rule in ${join(folder, 'trust.yml')} to the setting "trust" in dockpass.yml, then run: dockpass check`,
    `kubectl apply -f ${join(folder, 'rbac.yaml')}`,
    `copy ${pluginName} and credential-provider-config.yaml to each node, and start the kubelet with --image-credential-provider-bin-dir and --image-credential-provider-config`,
    `to test the rule, run: kubectl create token default --audience ${cluster.host} | dockpass trust test -`,
  ];
}
