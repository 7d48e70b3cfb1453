import type { Edge } from '../src/edge/edge.ts';
import { renderNginx } from '../src/edge/nginx/nginx.ts';

// The edge's files of deploy/, made of the one description that `dockpass up` and `dockpass init` use too.

// Their public names stand in values that are not known here: what is written there the registry refuses.
const common = { ipv6: false, names: [], outerProxies: [], publicDomainRules: undefined } as const;

/** Replaces what has to be there. */
function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the edge's file does not say ${JSON.stringify(from)} any more`);
  return text.replaceAll(from, to);
}

function written(text: string, where: string): string {
  return text.replace(/^#.*\n/, `# nginx as the edge of dockpass, ${where}. Written by npm run docs.\n`);
}

/** TLS here; dockpass may be several, so their name is asked for again and again. */
export function renderComposeNginx(): string {
  const edge: Edge = {
    ...common,
    port: 8443,
    tls: { kind: 'files', certificate: '/etc/dockpass/tls/cert.pem', key: '/etc/dockpass/tls/key.pem' },
    registry: { host: 'registry', port: 5000 },
    dockpass: { host: 'dockpass', port: 5002 },
  };
  let text = written(renderNginx(edge, '/tmp'), 'in compose');
  text = replaced(
    text,
    '    access_log off;\n',
    [
      '    access_log off;',
      '    # Docker knows the addresses behind a name; a replica that came or went is noticed within two seconds, and one',
      '    # that does not answer is passed over at once.',
      '    resolver 127.0.0.11 valid=2s ipv6=off;',
      '    proxy_connect_timeout 2s;',
      '',
    ].join('\n'),
  );
  // A name in a variable is resolved with each request, one in the text only once, at the start.
  text = text.replaceAll(
    /^( *)proxy_pass http:\/\/(\w+):(\d+)(.*);$/gm,
    '$1set $$at_$2 http://$2:$3;\n$1proxy_pass $$at_$2$4;',
  );
  return text;
}

/** A template: names and proxies are the chart's values. */
export function renderHelmNginx(): string {
  const edge: Edge = {
    ...common,
    port: 8080,
    tls: { kind: 'off' },
    registry: { host: 'REGISTRY', port: 5000 },
    dockpass: { host: 'DOCKPASS', port: 5002 },
    outerProxies: ['PROXY'],
  };
  let text = written(renderNginx(edge, '/tmp'), 'in Kubernetes');
  text = replaced(text, 'http://REGISTRY:', 'http://{{ include "dockpass.fullname" . }}-registry:');
  text = replaced(text, 'http://DOCKPASS:', 'http://{{ include "dockpass.fullname" . }}:');
  text = replaced(
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
  return text.replace(
    /^( *)set_real_ip_from PROXY;\n/m,
    '$1{{- range .Values.edge.outerProxies }}\n$1set_real_ip_from {{ . }};\n$1{{- end }}\n',
  );
}
