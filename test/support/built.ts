import { enableCompileCache } from 'node:module';

/** A module of src/ as `npm run build` made it: starts in half the time, for children that are started by the hundred. */
export async function built<Module>(path: string): Promise<Module> {
  enableCompileCache();
  const url = new URL(`../../dist/${path.replace(/\.ts$/, '.js')}`, import.meta.url);
  return (await import(url.href)) as Module;
}
