import { localHostPattern, readingMethods, type Edge } from '../edge.ts';
import { indent, lines } from '../text.ts';

// Each function renders a part of a dynamic configuration file of Traefik 3, in YAML.

export function router(
  name: string,
  rule: string,
  priority: number,
  middlewares: readonly string[],
  service: string,
  tls: readonly string[],
): string {
  const fields = [
    `rule: ${JSON.stringify(rule)}`,
    `priority: ${priority}`,
    'entryPoints: [registry]',
    `middlewares: [${middlewares.join(', ')}]`,
    `service: ${service}`,
    ...tls,
  ];
  return lines(`    ${name}:`, indent(lines(...fields), 3, '  '));
}

/** Renders a middleware that removes these headers from requests. In Traefik, an empty value removes a header. */
export function headerRemoval(name: string, removed: readonly string[]): string {
  return lines(
    `    ${name}:`,
    '      headers:',
    '        customRequestHeaders:',
    ...removed.map((header) => `          ${header}: ""`),
  );
}

export function service(name: string, address: string): string {
  return lines(
    `    ${name}:`,
    '      loadBalancer:',
    '        servers:',
    `          - url: "http://${address}"`,
  );
}

/**
 * The condition of a rule that matches all hosts except localhost and loopback addresses. Before Traefik compares the
 * Host header with a rule, it removes the port. If the host is an IPv6 address, Traefik also removes the brackets.
 */
export const notLocalCondition = `!HostRegexp(\`(?i)${localHostPattern.replace(
  String.raw`\[::1\]`,
  String.raw`\[?::1\]?`,
)}\`)`;

/**
 * Renders the condition of a rule that matches these host names. Traefik's `Host` does not support wildcards, so names
 * with a wildcard use `HostRegexp`.
 */
export function hostCondition({ names }: Pick<Edge, 'names'>): string {
  if (names.length === 0) return '';
  const rules = names.map((name) =>
    name.startsWith('*.')
      ? `HostRegexp(\`^[^.]+\\.${name.slice(2).replaceAll('.', '\\.')}$\`)`
      : `Host(\`${name}\`)`,
  );
  return `(${rules.join(' || ')}) && `;
}

/** The condition of a rule of Traefik that matches all methods that could write. */
export const writingCondition = `!(${readingMethods.map((method) => `Method(\`${method}\`)`).join(' || ')})`;
