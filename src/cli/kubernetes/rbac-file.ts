import type { Cluster } from './cluster.ts';

/** Renders rbac.yaml: nodes may request tokens for the audience. Without it, the API server rejects their requests. */
export function renderRbacFile({ host }: Pick<Cluster, 'host'>): string {
  const text = JSON.stringify(host);
  const name = JSON.stringify(`dockpass-image-pull:${host}`);
  return `# Lets the nodes of the cluster request tokens of service accounts for the audience ${host}.
# To apply it, run: kubectl apply -f rbac.yaml
#
# A node can request tokens only for pods that run on it. A token for this audience is of no use at the API server.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: ${name}
rules:
  - apiGroups: [""]
    # The audience, in the place of a resource. It must be the same as serviceAccountTokenAudience of the kubelet.
    resources: [${text}]
    verbs: [request-serviceaccounts-token-audience]
---
# All namespaces. To allow single namespaces only, replace the ClusterRoleBinding with a RoleBinding in each of them.
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: ${name}
subjects:
  - apiGroup: rbac.authorization.k8s.io
    kind: Group
    # Each kubelet is in this group.
    name: system:nodes
roleRef:
  apiGroup: rbac.authorization.k8s.io
  kind: ClusterRole
  name: ${name}
`;
}
