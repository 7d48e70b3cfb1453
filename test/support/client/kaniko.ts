import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter, Trust } from './client-commands.ts';
import { dockerClient, type Client } from './clients.ts';
import { mustRun } from '../process/run.ts';
import { engineParts, part } from '../run/parts.ts';
import { temporaryDirectory } from '../run/temp.ts';

// kaniko builds images inside a container and pushes them. It deletes the files of the container that it runs in, so it
// must never run outside a container. `--force`, which allows that, is never used here.

const image = 'kaniko.example.test/executor';
let imported: Promise<unknown> | undefined;

export const kanikoAdapter: Adapter = {
  name: 'kaniko',
  needs: [...engineParts, 'kaniko'],
  login: 'none',
  version: kanikoVersion,
  person: async (trust) => {
    const docker = await dockerClient();
    await (imported ??= importKaniko(docker));
    const auths: Record<string, { readonly auth: string }> = {};
    const build = (dockerfile: string, ...args: readonly string[]) =>
      runKaniko(docker, trust, auths, dockerfile, args);
    return {
      login: (host, user, password) => {
        auths[host] = { auth: Buffer.from(`${user}:${password}`).toString('base64') };
        return Promise.resolve({ command: '', status: 0, stdout: '', stderr: '', output: '' });
      },
      push: (name) => build(`FROM scratch\nCOPY note.txt /\nLABEL name=${name}\n`, '--destination', name),
      // Pulls the image as the base image of a build. kaniko reads its layers to write the result to a file.
      pull: (name) =>
        build(`FROM ${name}\nCOPY note.txt /pulled.txt\n`, '--no-push', '--tar-path', '/kaniko/image.tar'),
    };
  },
};

/** Imports an image into the tests' engine that contains only kaniko. */
async function importKaniko(docker: Client): Promise<void> {
  const directory = await temporaryDirectory('kaniko');
  const [root, archive] = [join(directory, 'root'), join(directory, 'root.tar')];
  await mkdir(join(root, 'kaniko'), { recursive: true });
  await copyFile(part('kaniko'), join(root, 'kaniko', 'executor'));
  await mustRun('tar', ['--create', '--file', archive, '--directory', root, '.']);
  await docker.must(['import', '--change', 'ENTRYPOINT ["/kaniko/executor"]', archive, image]);
}

async function runKaniko(
  docker: Client,
  { certificateFile }: Trust,
  auths: Readonly<Record<string, { readonly auth: string }>>,
  dockerfile: string,
  args: readonly string[],
) {
  const [context, settings] = [await temporaryDirectory('context'), await temporaryDirectory('settings')];
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  await writeFile(join(context, 'note.txt'), context);
  await writeFile(join(settings, 'config.json'), JSON.stringify({ auths }));
  await copyFile(certificateFile, join(settings, 'ca.crt'));
  return docker.run([
    ...['run', '--rm', '--network', 'host'],
    ...['--volume', `${context}:/workspace:ro`, '--volume', `${settings}:/kaniko/.docker:ro`],
    ...['--env', 'DOCKER_CONFIG=/kaniko/.docker', '--env', 'SSL_CERT_FILE=/kaniko/.docker/ca.crt'],
    ...[image, '--context', 'dir:///workspace', '--verbosity', 'error', ...args],
  ]);
}

/** A kaniko that is built from its Go module does not know its version, so it is read from the program file. */
async function kanikoVersion(): Promise<string> {
  const program = await readFile(part('kaniko'), 'latin1');
  return /\bgithub\.com\/GoogleContainerTools\/kaniko\t(v\d+\.\d+\.\d+)/.exec(program)?.[1] ?? 'unknown';
}
