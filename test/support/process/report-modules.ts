import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

/**
 * A process that starts with `node --import FILE` of this file appends a line `URL of the module, URL of its importer` to
 * the file that this variable names, for each module that it loads.
 */
const report = process.env['TEST_MODULES'];

registerHooks({
  resolve: (specifier, context, next) => {
    const resolved = next(specifier, context);
    if (report !== undefined) appendFileSync(report, `${resolved.url} ${context.parentURL ?? ''}\n`);
    return resolved;
  },
});
