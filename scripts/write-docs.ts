// npm run docs: writes the pages that are made from the source.
import { writeFileSync } from 'node:fs';
import { renderSettingsReference } from '../src/config/reference.ts';

writeFileSync(new URL('../docs/settings.md', import.meta.url), renderSettingsReference());
