import type { Edge } from '../edge.ts';
import { indent, lines } from '../text.ts';

// Pieces of a dynamic file of Traefik 3, in YAML.

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

export function headers(name: string, blanked: readonly string[]): string {
  return lines(
    `    ${name}:`,
    '      headers:',
    '        customRequestHeaders:',
    ...blanked.map((header) => `          ${header}: ""`),
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

/** Traefik's Host takes no wildcard; HostRegexp does. */
export function hosts({ names }: Pick<Edge, 'names'>): string {
  if (names.length === 0) return '';
  const rules = names.map((name) =>
    name.startsWith('*.')
      ? `HostRegexp(\`^[^.]+\\.${name.slice(2).replaceAll('.', '\\.')}$\`)`
      : `Host(\`${name}\`)`,
  );
  return `(${rules.join(' || ')}) && `;
}
