import { readFileSync } from 'node:fs';
import { packageFolder } from '../package-folder.ts';

/**
 * The git commit from which dockpass was built. scripts/build.ts defines this constant during the build. If the source
 * runs without a build, the constant does not exist.
 */
declare const DOCKPASS_BUILD_COMMIT: string | undefined;

/** Returns the versions of dockpass and Node as a text, such as `dockpass 0.1.0 (Node 26.10.0, build 3f9c2a71d0b4)`. */
export function describeVersion(): string {
  return `dockpass ${readVersion()} (Node ${process.versions.node}, ${buildText()})`;
}

/** Returns the version in package.json, such as `0.1.0`. */
export function readVersion(): string {
  const { version } = JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as {
    version: string;
  };
  return version;
}

function buildText(): string {
  const commit = typeof DOCKPASS_BUILD_COMMIT === 'string' ? DOCKPASS_BUILD_COMMIT : undefined;
  return commit === undefined ? 'built without git' : `build ${commit}`;
}
