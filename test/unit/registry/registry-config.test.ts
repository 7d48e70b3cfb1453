import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { defaultRegistrySettings, renderRegistryConfig } from '../../../src/registry/registry-config.ts';
import { registryEnvironment } from '../../../src/registry/registry-environment.ts';

describe('registry-config.yml', () => {
  test('in the repository is rendered from the default settings', () => {
    const path = new URL('../../../registry-config.yml', import.meta.url);
    expect(readFileSync(path, 'utf8')).toBe(renderRegistryConfig(defaultRegistrySettings));
  });

  test('makes the realm follow the Host', () => {
    const { auth, http, storage } = read({});
    expect(auth.token).toMatchObject({
      autoredirect: true,
      service: 'registry',
      issuer: 'dockpass',
      rootcertbundle: '/etc/dockpass/keys/rootcertbundle.pem',
    });
    expect(http).toMatchObject({ addr: '127.0.0.1:5000', relativeurls: true });
    expect(storage).toMatchObject({
      filesystem: { rootdirectory: '/var/lib/registry' },
      delete: { enabled: false },
    });
  });

  test('has a fixed realm if externalUrl is set', () => {
    const { auth } = read({ externalUrl: new URL('https://reg.example.com:8443') });
    expect(auth.token).toMatchObject({
      autoredirect: false,
      realm: 'https://reg.example.com:8443/auth/token',
    });
  });

  test('has no filesystem section if the environment configures another storage driver', () => {
    expect(read({ storage: undefined }).storage).not.toHaveProperty('filesystem');
  });
});

describe('the environment of the registry', () => {
  test('passes on REGISTRY_… unchanged', () => {
    const given = {
      REGISTRY_STORAGE_DELETE_ENABLED: 'true',
      REGISTRY_LOG_LEVEL: 'debug',
      AWS_REGION: 'x',
      PATH: '/bin',
    };
    expect(registryEnvironment(given)).toMatchObject({
      variables: given,
      warnings: [],
      storesInFolder: true,
    });
  });

  test('does not pass on variables of dockpass and REGISTRY_AUTH_FILE of podman', () => {
    const { variables } = registryEnvironment({
      REGISTRY_AUTH_FILE: '/x',
      DOCKPASS_LISTEN: '1',
      user: 'a',
      pass: 'b',
      public_domain: 'c',
    });
    expect(variables).toEqual({});
  });

  test.each(['REGISTRY_AUTH', 'REGISTRY_AUTH_HTPASSWD_PATH', 'REGISTRY_AUTH_TOKEN_REALM'])(
    'rejects %s and names it',
    (name) => {
      expect(() => registryEnvironment({ [name]: 'x' })).toThrow(new RegExp(`^${name} is set`));
    },
  );

  test.each(['REGISTRY_HTTP_ADDR', 'REGISTRY_HTTP_TLS_KEY', 'REGISTRY_HTTP_HOST'])(
    'ignores %s with a warning',
    (name) => {
      const { variables, warnings } = registryEnvironment({ [name]: 'x' });
      expect(variables).toEqual({});
      expect(warnings.join()).toContain(name);
    },
  );

  test('detects another storage driver', () => {
    expect(registryEnvironment({ REGISTRY_STORAGE: 's3' }).storesInFolder).toBe(false);
    expect(registryEnvironment({ REGISTRY_STORAGE_S3_BUCKET: 'b' }).storesInFolder).toBe(false);
    expect(registryEnvironment({ REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY: '/d' })).toMatchObject({
      storesInFolder: true,
      storageDirectory: '/d',
    });
  });
});

interface RegistryYaml {
  auth: { token: Record<string, unknown> };
  http: Record<string, unknown>;
  storage: Record<string, unknown>;
}

function read(change: Partial<typeof defaultRegistrySettings>): RegistryYaml {
  return parse(renderRegistryConfig({ ...defaultRegistrySettings, ...change })) as RegistryYaml;
}
