/**
 * Returns the configuration for kubelet 1.33, which credential-provider-config.yaml contains as comments. Does what the
 * file says: the lines above are removed, and the `# ` in front of each line below.
 */
export function variantFor133(config: string): string {
  const at = config.indexOf('# apiVersion: ');
  if (at < 0) throw new Error('the file contains no variant');
  return config.slice(at).replaceAll(/^# /gm, '');
}

/** Returns trust.yml with the rules that it contains as comments, as its text says: without the `# ` of these lines. */
export function withVariants(text: string): string {
  return text.replaceAll(/^ {2}# (?=- | {2})/gm, '  ');
}
