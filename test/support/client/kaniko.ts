import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Adapter } from './client-commands.ts';
import { dockerClient, type Client } from './clients.ts';
import { mustRun, type Ran } from '../process/run.ts';
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
    const settings = await temporaryDirectory('kaniko-settings');
    const authFile = join(settings, 'config.json');
    const auths: Record<string, { readonly auth: string }> = {};
    const writeLogins = () => writeFile(authFile, JSON.stringify({ auths }));
    await writeLogins();
    await copyFile(trust.certificateFile, join(settings, 'ca.crt'));
    const build = (dockerfile: string, ...args: readonly string[]) =>
      runKaniko(docker, settings, dockerfile, args);
    return {
      authFile,
      login: async (host, user, password) => {
        auths[host] = { auth: Buffer.from(`${user}:${password}`).toString('base64') };
        await writeLogins();
        return { command: '', status: 0, stdout: '', stderr: '', output: '' };
      },
      push: (name) => build(`FROM scratch\nCOPY note.txt /\nLABEL name=${name}\n`, '--destination', name),
      // Pulls the image as the base image of a build. kaniko reads its layers to write the result to a file.
      pull: (name) =>
        build(
          `FROM ${name}\nCOPY note.txt /pulled.txt\n`,
          ...['--no-push', '--tar-path', '/kaniko/image.tar'],
        ),
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

/** Builds an image. `settings` is a folder with the logins in config.json, and with the CA in ca.crt. */
async function runKaniko(
  docker: Client,
  settings: string,
  dockerfile: string,
  args: readonly string[],
): Promise<Ran> {
  const context = await temporaryDirectory('context');
  await writeFile(join(context, 'Dockerfile'), dockerfile);
  await writeFile(join(context, 'note.txt'), context);
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
