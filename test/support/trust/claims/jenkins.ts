import { audience, type PlatformClaims } from './claim-set.ts';

// The plugin oidc-provider puts two claims of a build into a JWT, and whatever claim templates an administrator adds.
// There is no `nbf` and no `jti`. The `kid` is the id of the credential.

const code =
  'https://github.com/jenkinsci/oidc-provider-plugin/blob/master/src/main/java/io/jenkins/plugins/oidc_provider';
const defaults = `${code}/config/IdTokenConfiguration.java`;
const jobs = 'https://github.com/jenkinsci/oidc-provider-plugin#registering-the-identity-provider';

/** A build of the branch `main` in the multibranch project `app`, which is in the folder `acme`. */
const build = {
  iss: 'https://jenkins.example.com/oidc/job/acme',
  // The library that signs writes an array.
  aud: [audience],
  sub: 'https://jenkins.example.com/job/acme/job/app/job/main/',
  build_number: 42,
};

export const jenkins: PlatformClaims = {
  lifetime: 3600,
  accepted: {
    'a build of the branch': { source: defaults, claims: build },
    'an audience that is a text, as earlier versions wrote it': {
      source: defaults,
      claims: { ...build, aud: audience },
    },
    'a build with claim templates': {
      source: 'https://github.com/jenkinsci/oidc-provider-plugin#configuring-claims',
      claims: { ...build, branch: 'main', trusted: true },
    },
  },
  denied: {
    'another branch': {
      because: 'sub',
      source: jobs,
      claims: { ...build, sub: 'https://jenkins.example.com/job/acme/job/app/job/feature/' },
    },
    'a pull request, which is a job of its own': {
      because: 'sub',
      source: jobs,
      claims: { ...build, sub: 'https://jenkins.example.com/job/acme/job/app/job/PR-17/' },
    },
    'another job of the same folder': {
      because: 'sub',
      source: jobs,
      claims: { ...build, sub: 'https://jenkins.example.com/job/acme/job/shop/job/main/' },
    },
    'a job of another folder, whose credential has another issuer': {
      because: 'iss',
      source: `${code}/FolderIssuer.java`,
      claims: {
        ...build,
        iss: 'https://jenkins.example.com/oidc/job/mallory',
        sub: 'https://jenkins.example.com/job/mallory/job/app/job/main/',
      },
    },
    'a JWT that is used outside of a build': {
      because: 'sub',
      source: defaults,
      claims: { iss: build.iss, aud: build.aud, sub: 'https://jenkins.example.com/' },
    },
    'the JWT of another audience': {
      because: 'aud',
      source: jobs,
      claims: { ...build, aud: ['sts.amazonaws.com'] },
    },
  },
};
