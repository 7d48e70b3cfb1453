export interface PullCommand {
  readonly tool: 'docker' | 'podman' | 'containerd';
  readonly command: string;
  /** What to know before the command is run. */
  readonly note?: string;
}

export interface PullTarget {
  /** The host and port of the registry, as in the address of the console. */
  readonly host: string;
  /** True if the registry is reached without TLS, which is possible on this machine alone. */
  readonly isPlain: boolean;
  readonly repository: string;
  /** A tag or a digest. */
  readonly reference: string;
  /** The user who needs to log in. Undefined if anyone may pull. */
  readonly user: string | undefined;
  /** The platform, as the option `--platform` takes it. Undefined for that of the machine. */
  readonly platform?: string | undefined;
}

/** Formats the name of an image as clients take it: `HOST/NAME:TAG` or `HOST/NAME@DIGEST`. */
export function imageName({ host, repository, reference }: Omit<PullTarget, 'isPlain' | 'user'>): string {
  return `${host}/${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
}

/** Returns the commands that pull an image with each client. */
export function pullCommands(target: PullTarget): readonly PullCommand[] {
  const { host, isPlain, user, platform } = target;
  const image = imageName(target);
  const option = platform === undefined ? '' : ` --platform ${platform}`;
  const login = (command: string): { note?: string } =>
    user === undefined
      ? {}
      : { note: `Log in first, once on each machine: ${command} login ${host} -u ${user}` };
  return [
    { tool: 'docker', command: `docker pull${option} ${image}`, ...login('docker') },
    {
      tool: 'podman',
      command: `podman pull${option}${isPlain ? ' --tls-verify=false' : ''} ${image}`,
      ...login('podman'),
    },
    {
      tool: 'containerd',
      command: `ctr images pull${option}${isPlain ? ' --plain-http' : ''}${user === undefined ? '' : ` --user ${user}`} ${image}`,
      note:
        user === undefined
          ? 'On a node of Kubernetes, add the option --namespace k8s.io after ctr.'
          : 'ctr asks for the password or an access token. On a node of Kubernetes, add the option --namespace k8s.io after ctr.',
    },
  ];
}
