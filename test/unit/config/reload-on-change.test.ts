import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { reloadOnChange } from '../../../src/config/reload-on-change.ts';
import { readFileStamp } from '../../../src/files/file-stamp.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

test('reads a file again that has changed between its first reading and the start of the watch', async () => {
  const file = join(await temporaryDirectory('reload'), 'dockpass.yml');
  await writeFile(file, 'service: registry\n');
  const config = await loadConfig({ file, environment: {}, flags: {} });
  const stamp = await readFileStamp(file);
  await writeFile(file, 'service: other\n');
  await utimes(file, 1, 1);
  let reloadCount = 0;
  afterwards(reloadOnChange(config, async () => void reloadCount++, Promise.resolve(stamp)));
  await expect.poll(() => reloadCount).toBe(1);
});
