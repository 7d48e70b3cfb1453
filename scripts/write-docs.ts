// npm run docs: writes the pages and configuration files that are generated from the source.
import { readFileSync, writeFileSync } from 'node:fs';
import { createFullProgram } from '../src/cli/program.ts';
import { describeCommand } from '../src/cli/reference/command-tree.ts';
import { renderManPage } from '../src/cli/reference/man-page.ts';
import { renderSettingsReference } from '../src/config/settings-reference.ts';
import about from '../package.json' with { type: 'json' };
import { defaultRegistrySettings, renderRegistryConfig } from '../src/registry/registry-config.ts';
import { format } from 'prettier';
import { createOpenApi } from '../src/http/api/openapi/document.ts';
import { routes } from '../src/http/api/routes.ts';
import { renderComposeNginx, renderHelmNginx } from './deploy-edges.ts';
import { withLayerTable } from './lint/layer-table.ts';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const write = (path: string, text: string): void =>
  writeFileSync(new URL(`../${path}`, import.meta.url), text);

write('docs/settings.md', renderSettingsReference());
write('docs/man/dockpass.1', renderManPage(describeCommand(await createFullProgram()), about.version));
write('registry-config.yml', renderRegistryConfig(defaultRegistrySettings));
write('deploy/compose/nginx.conf', renderComposeNginx());
write('deploy/helm/dockpass/files/nginx.conf', renderHelmNginx());
write('docs/architecture.md', withLayerTable(read('docs/architecture.md')));
write(
  'docs/openapi.json',
  await format(JSON.stringify(createOpenApi(routes, about.version)), { parser: 'json', printWidth: 110 }),
);
