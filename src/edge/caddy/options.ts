import { defaultLimits, type Edge } from '../edge.ts';
import { lines, quoted } from '../text.ts';

/** Renders the block of global options at the start of a Caddyfile. */
export function globalOptions(edge: Edge, admin: string | undefined): string {
  const { headerSeconds } = edge.limits ?? defaultLimits;
  return lines(
    '{',
    '    # The administration API has no TCP port, because every local user could change the configuration through such a port.',
    `    admin ${admin === undefined ? 'off' : quoted(admin)}`,
    ...(edge.tls.kind === 'acme'
      ? [
          '    # Caddy gets its certificates by ACME. For this, the CA must be able to reach port 80 or 443 of this machine.',
          '    auto_https disable_redirects',
        ]
      : [
          '    # Without this line, Caddy would listen on port 80, and might install its own CA in the trust store of the system.',
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
      ? [
          '    # When Caddy stops, open uploads and downloads have this long to finish.',
          '    grace_period 30s',
        ]
      : [
          '    # When Caddy loads a changed file, open uploads and downloads have this long to finish. When dockpass itself stops,',
          '    # open uploads and downloads have only 35 s to finish.',
          '    grace_period 24h',
        ]),
    '    servers {',
    '        protocols h1 h2',
    '        # A client that sends its headers too slowly is disconnected.',
    '        timeouts {',
    `            read_header ${headerSeconds}s`,
    '        }',
    '    }',
    '}',
  );
}
