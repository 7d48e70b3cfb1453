// Prints the software bill of materials of an image: that of dockpass, and the base images that are in it.
// node scripts/release/image-sbom.ts SBOM IMAGE@sha256:DIGEST…
import { readFileSync } from 'node:fs';
import { PackageURL } from 'packageurl-js';

/** The members of a CycloneDX document that this file changes. */
interface Sbom {
  readonly metadata: { readonly component: { readonly 'bom-ref': string } };
  readonly components: readonly object[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn?: readonly string[] }[];
}

const [file = '', ...images] = process.argv.slice(2);
const sbom = JSON.parse(readFileSync(file, 'utf8')) as Sbom;
const bases = images.map(componentOf);
const own = sbom.metadata.component['bom-ref'];
const changed = {
  ...sbom,
  components: [...sbom.components, ...bases],
  dependencies: [
    ...sbom.dependencies.map((dependency) =>
      dependency.ref === own
        ? { ...dependency, dependsOn: [...(dependency.dependsOn ?? []), ...bases.map(({ purl }) => purl)] }
        : dependency,
    ),
    ...bases.map(({ purl }) => ({ ref: purl })),
  ],
};
process.stdout.write(`${JSON.stringify(changed, undefined, 2)}\n`);

/** @param image `node:26-bookworm-slim@sha256:…` */
function componentOf(image: string) {
  const [, path = '', tag, digest] = /^(.+?)(?::([\w.-]+))?@sha256:([0-9a-f]{64})$/.exec(image) ?? [];
  if (digest === undefined) throw new Error(`${image} has no digest. Give IMAGE@sha256:DIGEST.`);
  const name = path.slice(path.lastIndexOf('/') + 1);
  const qualifiers = { ...(path !== name && { repository_url: path }), ...(tag !== undefined && { tag }) };
  const purl = new PackageURL('oci', undefined, name, `sha256:${digest}`, qualifiers).toString();
  return {
    type: 'container',
    'bom-ref': purl,
    name: path,
    ...(tag !== undefined && { version: tag }),
    purl,
    hashes: [{ alg: 'SHA-256', content: digest }],
  };
}
