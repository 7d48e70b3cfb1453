import type { Edge } from '../src/edge/edge.ts';
import { renderNginx } from '../src/edge/nginx/nginx.ts';

// Renders the nginx configurations in deploy/ from the same code as `dockpass up` and `dockpass init`.

// The public domains are configured later and not known here, so the edge does not deny writes on them. The registry
// does, because dockpass issues no token for a push there.
const common = {
  ipv6: false,
  names: [],
  outerProxies: [],
  publicDomainRules: undefined,
  immutableTags: true,
} as const;

/** Replaces all occurrences of `from`. @throws Error if there is none, because the rendered text has changed */
function replaceRequired(text: string, from: string, to: string): string {
  if (!text.includes(from))
    throw new Error(`the rendered nginx configuration does not contain ${JSON.stringify(from)} any more`);
  return text.replaceAll(from, to);
}

function withHeadline(text: string, where: string): string {
  return text.replace(/^#.*\n/, `# nginx as the edge of dockpass, ${where}. Written by npm run docs.\n`);
}

/**
 * Renders the edge of the compose file, which uses TLS. dockpass may have several replicas, which can change while
 * nginx runs.
 */
export function renderComposeNginx(): string {
  const edge: Edge = {
    ...common,
    port: 8443,
    tls: { kind: 'files', certificate: '/etc/dockpass/tls/cert.pem', key: '/etc/dockpass/tls/key.pem' },
    registry: { host: 'registry', port: 5000 },
    dockpass: { host: 'dockpass', port: 5002 },
    writes: '/var/lib/dockpass/writes',
  };
  let text = withHeadline(renderNginx(edge, '/tmp'), 'in compose');
  text = replaceRequired(
    text,
    '    access_log off;\n',
    [
      '    access_log off;',
      '    # The DNS server of Docker. nginx asks it again after two seconds, so that it notices when replicas change. If one',
      '    # replica does not answer, nginx tries the next one within two seconds.',
      '    resolver 127.0.0.11 valid=2s ipv6=off;',
      '    proxy_connect_timeout 2s;',
      '',
    ].join('\n'),
  );
  // nginx resolves a host name in a variable while it runs, but a host name in the text only at its start.
  text = text.replaceAll(
    /^( *)proxy_pass http:\/\/(\w+):(\d+)(.*);$/gm,
    '$1set $$at_$2 http://$2:$3;\n$1proxy_pass $$at_$2$4;',
  );
  return text;
}

/** Renders the edge of the Helm chart as a template, because host names and proxies are values of the chart. */
export function renderHelmNginx(): string {
  const edge: Edge = {
    ...common,
    port: 8080,
    tls: { kind: 'off' },
    registry: { host: 'REGISTRY', port: 5000 },
    dockpass: { host: 'DOCKPASS', port: 5002 },
    writes: '/tmp/writes',
    outerProxies: ['PROXY'],
  };
  let text = withHeadline(renderNginx(edge, '/tmp'), 'in Kubernetes');
  text = replaceRequired(text, 'http://REGISTRY:', 'http://{{ include "dockpass.fullname" . }}-registry:');
  text = replaceRequired(text, 'http://DOCKPASS:', 'http://{{ include "dockpass.fullname" . }}:');
  text = replaceRequired(
    text,
    '        listen 8080;\n',
    [
      '        listen 8080;',
      '        {{- if .Values.edge.tls.existingSecret }}',
      '        listen 8443 ssl;',
      '        ssl_certificate /run/secrets/dockpass/tls/tls.crt;',
      '        ssl_certificate_key /run/secrets/dockpass/tls/tls.key;',
      '        ssl_protocols TLSv1.2 TLSv1.3;',
      '        {{- end }}',
      '',
    ].join('\n'),
  );
  return text
    .replace(
      /^( *)set_real_ip_from PROXY;\n/m,
      '$1{{- range .Values.edge.outerProxies }}\n$1set_real_ip_from {{ . }};\n$1{{- end }}\n',
    )
    .replace(/^( *)PROXY 1;\n/m, '$1{{- range .Values.edge.outerProxies }}\n$1{{ . }} 1;\n$1{{- end }}\n');
}
