import { expect, test } from 'vitest';
import { pullCommands } from '../../../../src/console/model/images/pull-commands.ts';

const target = {
  host: 'registry.example.com',
  isPlain: false,
  repository: 'team/app',
  reference: '1.0',
  user: 'alice',
};

test('has a command for docker, podman and containerd', () => {
  expect(pullCommands(target).map(({ command }) => command)).toEqual([
    'docker pull registry.example.com/team/app:1.0',
    'podman pull registry.example.com/team/app:1.0',
    'ctr images pull --user alice registry.example.com/team/app:1.0',
  ]);
});

test('names a digest with @, and the platform', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const [docker] = pullCommands({ ...target, reference: digest, platform: 'linux/arm64' });
  expect(docker?.command).toBe(`docker pull --platform linux/arm64 registry.example.com/team/app@${digest}`);
});

test('adds what clients need without TLS, and no login for what is public', () => {
  const commands = pullCommands({ ...target, host: 'localhost:5001', isPlain: true, user: undefined });
  expect(commands.map(({ command }) => command)).toEqual([
    'docker pull localhost:5001/team/app:1.0',
    'podman pull --tls-verify=false localhost:5001/team/app:1.0',
    'ctr images pull --plain-http localhost:5001/team/app:1.0',
  ]);
  expect(commands[0]?.note).toBeUndefined();
});
