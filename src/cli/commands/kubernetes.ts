import type { Command } from 'commander';
import type { KubernetesInitOptions } from '../actions/kubernetes-init.ts';
import { CliCommand } from '../cli-command.ts';

export function kubernetesCommand(): Command {
  return new CliCommand('kubernetes')
    .description('Let the pods of a Kubernetes cluster pull without stored secrets')
    .examples(
      'dockpass kubernetes init --cluster prod --issuer https://kubernetes.default.svc.cluster.local --jwks prod.json --host registry.example.com',
    )
    .addCommand(initCommand());
}

function initCommand(): Command {
  return new CliCommand('init')
    .description(
      'Write the files with which the pods of a cluster pull: a trust rule for dockpass, and for the cluster a credential provider plugin of the kubelet with its configuration and its rights. Changes neither dockpass nor the cluster',
    )
    .requiredOption('--cluster <name>', 'Use this name of the cluster in the name of the trust rule')
    .requiredOption(
      '--issuer <url>',
      'Trust tokens of this issuer; to see it, run: kubectl get --raw /.well-known/openid-configuration',
    )
    .requiredOption(
      '--jwks <file>',
      'Trust tokens that these public keys verify; to save them, run: kubectl get --raw /openid/v1/jwks > FILE',
    )
    .requiredOption(
      '--host <host>',
      'Let pods pull from the registry with this host, with its port if the names of images contain a port',
    )
    .option('--out <folder>', 'Write the files to this folder', '.')
    .examples(
      'dockpass kubernetes init --cluster prod --issuer https://kubernetes.default.svc.cluster.local --jwks prod.json --host registry.example.com',
      'dockpass kubernetes init --cluster lab --issuer https://10.0.0.1:6443 --jwks lab.json --host registry.example.com:5001 --out lab',
    )
    .action(async (options: KubernetesInitOptions) => {
      const { kubernetesInit } = await import('../actions/kubernetes-init.ts');
      await kubernetesInit(options);
    });
}
