// Two host names for one registry:
// 1. `localhost:PORT` and `127.0.0.1:PORT`: two names on every machine, for everyone. docker takes them, and every
//    name that leads to 127.0.0.0/8, as insecure registries: it looks at no certificate there and falls back to HTTP.
//    Names below .localhost are no better: curl knows them by itself, while docker, podman, skopeo and crane ask the
//    system, which on Debian without libnss-myhostname knows only what /etc/hosts says.
// 2. The names below, by lines in /etc/hosts, which every client honours. They lead to an address of this machine
//    that is not loopback, so docker treats them as it treats a registry on the internet: TLS with a certificate that
//    it trusts (docker-trust.ts), or nothing.
// The names are there from before the first e2e test to after the last (whole-run.ts), because a running dockerd,
// like every Go program, looks into /etc/hosts at most every five seconds. That takes root: a test that uses them
// says `needs('host-names', …)`.

/** Names that lead to this machine during a run, by the part that they play in a test. */
export const hosts = {
  private: 'registry.example.test',
  otherPrivate: 'intern.example.test',
  public: 'pull.example.test',
  otherPublic: 'hub.example.test',
  /** One label below pub.example.test: for the pattern `*.pub.example.test`. */
  wildcard: 'team.pub.example.test',
} as const;

/** The address behind these names. Nothing leaves the machine: it lies on the loopback device. */
export const hostsAddress = '172.31.254.1';
