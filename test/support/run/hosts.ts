// Tests use two kinds of host names for one registry:
// 1. `localhost:PORT` and `127.0.0.1:PORT`, which every machine has. docker treats names that resolve to 127.0.0.0/8 as
//    insecure registries: it does not check certificates, and falls back to HTTP. Names below .localhost do not help.
//    curl resolves them itself, but docker, podman, skopeo and crane ask the system, and Debian without
//    libnss-myhostname only resolves the names in /etc/hosts.
// 2. The names in this file, which the tests write to /etc/hosts, where every client finds them. Their address belongs
//    to this machine, but is not loopback. So docker treats them like a registry on the internet: it requires TLS with
//    a certificate that it trusts (docker-trust.ts).
// The names are in /etc/hosts from before the first e2e test until after the last one (whole-run.ts), because dockerd,
// like every Go program, reads /etc/hosts at most every five seconds. Writing /etc/hosts requires root, so tests that
// use these names are in a block `needs('host-names', …)`.

/** Names that resolve to this machine during a run, by their role in a test. */
export const hosts = {
  private: 'registry.example.test',
  otherPrivate: 'intern.example.test',
  public: 'pull.example.test',
  otherPublic: 'hub.example.test',
  /** One label below pub.example.test, to match the pattern `*.pub.example.test`. */
  wildcard: 'team.pub.example.test',
} as const;

/** The address of these names. It belongs to the loopback device, so no traffic leaves the machine. */
export const hostsAddress = '172.31.254.1';
