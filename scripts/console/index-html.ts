export interface IndexFiles {
  readonly theme: string;
  readonly main: string;
  readonly preload: readonly string[];
  readonly style: string;
  readonly icon: string;
}

/** Renders the page of the console. It contains no inline script and no inline style, because the CSP forbids both. */
export function renderIndex({ theme, main, preload, style, icon }: IndexFiles): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <meta name="robots" content="noindex">
    <title>dockpass</title>
    <link rel="icon" type="image/svg+xml" href="${icon}">
    <script src="${theme}"></script>
    <link rel="stylesheet" href="${style}">
${preload.map((file) => `    <link rel="modulepreload" href="${file}">\n`).join('')}    <script type="module" src="${main}"></script>
  </head>
  <body>
    <div id="console"></div>
    <noscript>
      <main class="plain-page">
        <h1>The console needs JavaScript</h1>
        <p>Turn on JavaScript for this site, or use the command line: <code>dockpass --help</code>.</p>
      </main>
    </noscript>
  </body>
</html>
`;
}
