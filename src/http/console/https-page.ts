import { escapeHtml } from './escape-html.ts';

/**
 * Renders the page that a browser gets over plain HTTP.
 * @param host the host and port in the address of the browser
 */
export function renderHttpsPage(host: string): string {
  const name = escapeHtml(host);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Use HTTPS · dockpass</title>
</head>
<body>
<main>
<h1>The console needs HTTPS</h1>
<p>You opened <code>http://${name}</code>. Over plain HTTP, browsers do not keep the cookie of a session, and others on the network could read your password. Therefore you cannot sign in here.</p>
<ul>
<li>If this registry has HTTPS: open <a href="https://${name}/auth/">https://${name}/auth/</a>.</li>
<li>If a proxy in front of dockpass ends TLS: it must send the header <code>X-Forwarded-Proto: https</code>.</li>
<li>If there is no TLS yet: start <code>dockpass up</code> with <code>--tls acme</code>, <code>--tls self-signed</code> or <code>--tls CERT,KEY</code>.</li>
<li>On the machine that runs dockpass, <code>http://localhost</code> with the same port works too. From your own machine: <code>ssh -L 5001:localhost:5001 SERVER</code>, then open <code>http://localhost:5001/auth/</code>.</li>
</ul>
<p>The command line needs no browser: <code>dockpass --help</code>.</p>
</main>
</body>
</html>
`;
}
