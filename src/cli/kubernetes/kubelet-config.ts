import { pluginName, type Cluster } from './cluster.ts';

/**
 * Renders the CredentialProviderConfig of the kubelet (kubelet.config.k8s.io/v1) for version 1.34 and newer. At the end
 * it has the configuration for version 1.33 as comments, because that version rejects `cacheType` as unknown.
 */
export function renderKubeletConfig({ host }: Pick<Cluster, 'host'>): string {
  const text = JSON.stringify(host);
  return `# Configuration of the kubelet 1.34 and newer: pods pull from ${host} with the token of their service account.
# Copy this file and the plugin to each node, and start the kubelet with
#   --image-credential-provider-config=PATH OF THIS FILE
#   --image-credential-provider-bin-dir=FOLDER OF THE PLUGIN
# The kubelet reads the file when it starts. If your nodes have such a configuration already, for example for the registry
# of a cloud, add the entry below to its "providers", and put the plugin into the folder of the other plugins.
apiVersion: kubelet.config.k8s.io/v1
kind: CredentialProviderConfig
providers:
  # The file name of the plugin. For a second registry, run "dockpass kubernetes init" with its host, and give the second
  # plugin another file name, here and in the folder.
  - name: ${pluginName}
    # The images for which the kubelet runs the plugin. A port must be the same here as in the name of the image.
    matchImages: [${text}]
    # The kubelet requires this value, but does not use it, because the plugin answers with a duration of 0s.
    defaultCacheDuration: 0s
    apiVersion: credentialprovider.kubelet.k8s.io/v1
    tokenAttributes:
      # rbac.yaml allows nodes to request tokens for this audience. It is also the "audience" of the rule in dockpass.
      serviceAccountTokenAudience: ${text}
      # The token itself is the password, and it belongs to one pod. The kubelet accepts no other type for such a plugin.
      cacheType: Token
      # Pods without a service account (static pods) pull without a login.
      requireServiceAccount: true

# Variant for kubelet 1.33: it does not know cacheType, and does not start if the file contains an unknown field. Replace
# everything above with the lines below, without the "# " in front. Set the feature gate
# KubeletServiceAccountTokenForCredentialProviders=true for each kubelet and for the API server.
#
# apiVersion: kubelet.config.k8s.io/v1
# kind: CredentialProviderConfig
# providers:
#   - name: ${pluginName}
#     matchImages: [${text}]
#     defaultCacheDuration: 0s
#     apiVersion: credentialprovider.kubelet.k8s.io/v1
#     tokenAttributes:
#       serviceAccountTokenAudience: ${text}
#       requireServiceAccount: true
`;
}
