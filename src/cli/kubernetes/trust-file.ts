import { ruleNameOf, type Cluster } from './cluster.ts';

/**
 * Renders trust.yml: the setting `trust` with one rule, and rules for other purposes as comments. The order matters,
 * because the first rule that matches decides: a rule for a single service account comes before the rule for all.
 */
export function renderTrustFile(cluster: Cluster): string {
  const name = ruleNameOf(cluster);
  const text = JSON.stringify;
  const rule = (suffix: string): string => `name: ${text(`${name}${suffix}`)}
  #   issuer: ${text(cluster.issuer)}
  #   jwks: ${text(cluster.keySetFile)}
  #   audience: [${text(cluster.host)}]`;
  return `# Trust rule of dockpass for the pods of the Kubernetes cluster ${cluster.name}.
# Copy the list below to the setting "trust" in dockpass.yml. Then run: dockpass check
#
# Order: dockpass tries the rules in the order of the file, and the first rule that matches decides. A rule for a few pods
# must come before the rule for all pods.
trust:
  # Variant: one service account may also pull the images of another team. To use it, remove "# " in front of each line.
  #
  # - ${rule('-shop-web')}
  #   when:
  #     kubernetes.io/namespace: shop
  #     kubernetes.io/serviceaccount/name: web
  #     # A namespace or a service account that is deleted and created again has the same name, but another uid. With this
  #     # line, only the service account of today counts. To see its uid, run:
  #     # kubectl get serviceaccount web --namespace shop --output jsonpath={.metadata.uid}
  #     kubernetes.io/serviceaccount/uid: "00000000-0000-0000-0000-000000000000"
  #   only: ["shop/**:pull", "base/**:pull"]
  #   session: 0s

  # Variant: the pods of several namespaces share images.
  #
  # - ${rule('-shared')}
  #   when:
  #     kubernetes.io/namespace: [shop, billing]
  #   only: ["\${kubernetes.io/namespace}/**:pull", "base/**:pull"]
  #   session: 0s

  # The rule for all other pods: a pod in the namespace NS pulls NS/**, and nothing else. Anyone who may create pods or
  # tokens in a namespace can pull these images. Images of the namespace kube-system are in kube-system/**.
  - name: ${text(name)}
    # The claim "iss" of the tokens. Many clusters have the same issuer. The key set tells them apart.
    issuer: ${text(cluster.issuer)}
    # The public keys of the cluster. If dockpass runs on another machine, copy the file there and change the path. After
    # the cluster has changed its keys, save them to this file again: dockpass reads it when it changes.
    jwks: ${text(cluster.keySetFile)}
    # The registry's host. The kubelet asks for tokens that are valid for this audience only.
    audience: [${text(cluster.host)}]
    only: ["\${kubernetes.io/namespace}/**:pull"]
    # The kubelet sends a token with each pull, and does not use identity tokens.
    session: 0s
`;
}
