import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { part } from '../run/parts.ts';
import { freePort } from '../run/ports.ts';
import { start } from '../process/process.ts';
import { untilHttp } from '../process/ready.ts';
import { run, succeeded, type Ran } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { testAuthority } from '../tls/tls.ts';

/** The issuer of clusters that kubeadm and k3s create. */
export const clusterIssuer = 'https://kubernetes.default.svc.cluster.local';

/** A Kubernetes cluster without nodes: a real API server with etcd. */
export interface Cluster {
  /** The command `kubectl` with the arguments by which it talks to this cluster as an administrator. */
  readonly kubectl: readonly string[];
  /** Runs kubectl as an administrator. Rejects if it fails. */
  must(args: readonly string[], options?: { readonly input?: string }): Promise<Ran>;
  /** Runs kubectl with the identity of this node's kubelet. */
  asNode(node: string, args: readonly string[]): Promise<Ran>;
}

/**
 * Starts an API server with the authorization and the admission plugins of a cluster that kubeadm creates. Kubelets
 * identify themselves by a token here, and not by a certificate.
 * @param nodes the names of the nodes that can identify themselves
 */
export async function startCluster(nodes: readonly string[]): Promise<Cluster> {
  const directory = await temporaryDirectory('cluster');
  const etcd = await startEtcd(directory);
  const authority = await testAuthority();
  const serving = await authority.issue(['localhost', '127.0.0.1']);
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keyFile = join(directory, 'sa.key');
  const publicFile = join(directory, 'sa.pub');
  await writeFile(keyFile, privateKey.export({ type: 'pkcs1', format: 'pem' }));
  await writeFile(publicFile, publicKey.export({ type: 'spki', format: 'pem' }));
  const tokenOf = (user: string): string => `token-of-${user}-for-tests`;
  const people = [
    ['admin', 'system:masters'],
    ...nodes.map((node) => [`system:node:${node}`, 'system:nodes'] as const),
  ] as const;
  const tokenFile = join(directory, 'tokens.csv');
  await writeFile(
    tokenFile,
    people.map(([user, group]) => `${tokenOf(user)},${user},${user},"${group}"\n`).join(''),
  );
  const port = await freePort();
  const server = await start(
    part('kube-apiserver'),
    [
      ...[`--etcd-servers=${etcd}`, '--bind-address=127.0.0.1', `--secure-port=${port}`],
      ...[`--tls-cert-file=${serving.certificateFile}`, `--tls-private-key-file=${serving.keyFile}`],
      ...[`--cert-dir=${directory}`, `--token-auth-file=${tokenFile}`],
      ...[`--service-account-issuer=${clusterIssuer}`, `--service-account-key-file=${publicFile}`],
      ...[`--service-account-signing-key-file=${keyFile}`, '--service-cluster-ip-range=10.96.0.0/16'],
      ...['--authorization-mode=Node,RBAC', '--enable-admission-plugins=NodeRestriction'],
      ...['--endpoint-reconciler-type=none', '--enable-priority-and-fairness=false', '--v=1'],
    ],
    { cwd: directory, name: 'kube-apiserver' },
  );
  const kubectlAs = (user: string): string[] => [
    ...[part('kubectl'), '--server', `https://127.0.0.1:${port}`],
    ...['--certificate-authority', authority.certificateFile, '--token', tokenOf(user)],
  ];
  const call = (user: string, args: readonly string[], input?: string): Promise<Ran> => {
    const [command = '', ...rest] = kubectlAs(user);
    return run(command, [...rest, ...args], {
      cwd: directory,
      env: { HOME: directory },
      ...(input !== undefined && { input }),
    });
  };
  await untilHttp(`https://127.0.0.1:${port}/readyz`, { part: server, status: 200 });
  return {
    kubectl: kubectlAs('admin'),
    must: async (args, { input } = {}) => succeeded(await call('admin', args, input)),
    asNode: (node, args) => call(`system:node:${node}`, args),
  };
}

async function startEtcd(directory: string): Promise<string> {
  const url = `http://127.0.0.1:${await freePort()}`;
  const peer = `http://127.0.0.1:${await freePort()}`;
  const etcd = await start(
    part('etcd'),
    [
      ...['--data-dir', join(directory, 'etcd'), '--listen-client-urls', url, '--advertise-client-urls', url],
      ...['--listen-peer-urls', peer, '--initial-advertise-peer-urls', peer],
      ...['--initial-cluster', `default=${peer}`, '--logger', 'zap', '--log-outputs', 'stderr'],
    ],
    { cwd: directory, name: 'etcd' },
  );
  await untilHttp(`${url}/health`, { part: etcd, status: 200 });
  return url;
}
