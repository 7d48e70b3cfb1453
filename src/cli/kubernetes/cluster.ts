/** A Kubernetes cluster whose pods pull from a registry with the tokens of their service accounts. */
export interface Cluster {
  /** The name that the administrator has chosen, with characters that a trust rule can have in its name. */
  readonly name: string;
  /** The claim `iss` of the tokens. */
  readonly issuer: string;
  /** The absolute path of the file with the public keys that verify the tokens. */
  readonly keySetFile: string;
  /** The host of the registry, with its port if the names of images contain a port. It is the audience of the tokens. */
  readonly host: string;
}

/** The file name of the plugin. The configuration of the kubelet must name it exactly. */
export const pluginName = 'dockpass-credential-provider';

/** Returns the name of the trust rule of a cluster. In tokens and in the audit log it is `ci:kubernetes-NAME`. */
export function ruleNameOf({ name }: Pick<Cluster, 'name'>): string {
  return `kubernetes-${name}`;
}
