// The software bill of materials (SBOM) of the npm package and of the images: dist/sbom.cdx.json, in the format
// CycloneDX 1.6. It lists the libraries that are bundled into dist/, and those with native code, which npm installs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Contrib, Enums, Models, Serialize, Spec } from '@cyclonedx/cyclonedx-library';
import { PackageURL } from 'packageurl-js';
import parseSpdxExpression from 'spdx-expression-parse';

/** A package in package-lock.json. */
interface LockedPackage {
  readonly version: string;
  readonly license?: string;
  /** `sha512-…` in Base64, the hash of the archive that npm downloads. */
  readonly integrity?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { Component, ComponentRepository, Bom, Property } = Models;
const licenses = new Contrib.License.Factories.LicenseFactory(parseSpdxExpression);

/**
 * Renders the SBOM. It contains no time and no random number, so that two builds of the same source are equal.
 * @param root the folder with package.json and package-lock.json
 * @param bundled the paths of the bundled packages, relative to root: `node_modules/express`
 * @throws Error if package-lock.json does not contain a package, its version, its licence or its hash
 */
export function renderSbom(root: string, bundled: readonly string[]): string {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(root, file), 'utf8'));
  const { name, version, license, dependencies } = read('package.json') as {
    readonly name: string;
    readonly version: string;
    readonly license: string;
    readonly dependencies: Readonly<Record<string, string>>;
  };
  const { packages } = read('package-lock.json') as {
    readonly packages: Readonly<Record<string, LockedPackage>>;
  };
  const installed = withDependencies(
    Object.keys(dependencies).map((dependency) => `node_modules/${dependency}`),
    packages,
  );

  const dockpass = new Component(Enums.ComponentType.Application, name, {
    version,
    purl: purlOf(name, version),
    bomRef: purlOf(name, version),
  });
  dockpass.licenses.add(licenses.makeFromString(license));
  const components = [
    ...bundled.map((path) => componentOf(path, packages[path], true)),
    ...installed.map((path) => componentOf(path, packages[path], false)),
  ];
  components.find(({ name }) => name === 'better-sqlite3')?.components.add(sqlite());
  for (const { bomRef } of components) dockpass.dependencies.add(bomRef);
  const bom = new Bom({
    metadata: new Models.Metadata({ component: dockpass }),
    components: new ComponentRepository(components),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** Returns these packages and everything that npm installs for them, as paths in package-lock.json. */
function withDependencies(
  paths: readonly string[],
  packages: Readonly<Record<string, LockedPackage>>,
): string[] {
  const found = new Set<string>();
  const visit = (path: string): void => {
    if (found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies } = packages[path] ?? {};
    for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
      const inner = findDependency(path, name, packages);
      if (inner !== undefined) visit(inner);
    }
  };
  paths.forEach(visit);
  return [...found].sort();
}

/** Finds a dependency as Node does: in the node_modules of the package itself, then in those of the folders above. */
function findDependency(
  from: string,
  name: string,
  packages: Readonly<Record<string, LockedPackage>>,
): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(folder.lastIndexOf('/node_modules/'), 0))) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (Object.hasOwn(packages, path)) return path;
    if (folder === '') return undefined;
  }
}

function componentOf(path: string, locked: LockedPackage | undefined, isBundled: boolean): Models.Component {
  const fullName = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
  if (locked?.license === undefined || locked.integrity === undefined)
    throw new Error(
      `package-lock.json has no licence or no hash of ${path}. Run npm install, and check the licence of the package.`,
    );
  const { version, license, integrity, optional } = locked;
  const [name = '', group] = fullName.split('/').reverse();
  const component = new Component(Enums.ComponentType.Library, name, {
    ...(group !== undefined && { group }),
    version,
    purl: purlOf(fullName, version),
    bomRef: `${purlOf(fullName, version)}#${path}`,
    // npm installs only the packages for the system and the processor of the machine.
    scope: optional === true ? Enums.ComponentScope.Optional : Enums.ComponentScope.Required,
  });
  component.licenses.add(licenses.makeFromString(license));
  component.hashes.set(Enums.HashAlgorithm['SHA-512'], hexOf(integrity));
  // https://github.com/CycloneDX/cyclonedx-property-taxonomy/blob/main/cdx/npm.md
  if (isBundled) component.properties.add(new Property('cdx:npm:package:bundled', 'true'));
  return component;
}

/** SQLite, which is compiled into better-sqlite3. */
function sqlite(): Models.Component {
  const database = new Database(':memory:');
  const version = String(database.prepare('select sqlite_version()').pluck().get());
  database.close();
  const purl = new PackageURL('generic', undefined, 'sqlite', version).toString();
  const component = new Component(Enums.ComponentType.Library, 'sqlite', { version, purl, bomRef: purl });
  component.licenses.add(licenses.makeFromString('blessing'));
  return component;
}

function purlOf(fullName: string, version: string): string {
  const [name = '', group] = fullName.split('/').reverse();
  return new PackageURL('npm', group, name, version).toString();
}

function hexOf(integrity: string): string {
  const base64 = /^sha512-(\S+)/.exec(integrity)?.[1];
  if (base64 === undefined) throw new Error(`the hash ${integrity} is not SHA-512`);
  return Buffer.from(base64, 'base64').toString('hex');
}
