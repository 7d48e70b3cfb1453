import type { Edge } from '../edge.ts';
import { lines, quoted } from '../text.ts';

/** The block at the head of a Caddyfile. */
export function globalOptions(edge: Edge, admin: string | undefined): string {
  return lines(
    '{',
    '    # No administration port: nothing but the edge itself listens.',
    `    admin ${admin === undefined ? 'off' : quoted(admin)}`,
    ...(edge.tls.kind === 'acme'
      ? [
          "    # Certificates by ACME need this machine's port 80 or 443 to be reachable for the authority.",
          '    auto_https disable_redirects',
        ]
      : [
          "    # Left on, Caddy would bind port 80, and may put an authority of its own into the system's trust store.",
          '    auto_https off',
        ]),
    '    skip_install_trust',
    '    ocsp_stapling off',
    '    log {',
    '        output stderr',
    '        format console',
    '        level ERROR',
    '    }',
    ...(admin === undefined
      ? ['    # At a stop, uploads and downloads under way get this long to finish.', '    grace_period 30s']
      : [
          '    # When a changed file is taken over, uploads and downloads under way get this long to finish. At a stop it is',
          '    # dockpass that loses patience, after 35 s.',
          '    grace_period 24h',
        ]),
    '    servers {',
    '        protocols h1 h2',
    '    }',
    '}',
  );
}
