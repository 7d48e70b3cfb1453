import type { LoadRequest } from './wrk.ts';

/** What a case can ask: a token server with a user that may log in. */
export interface Target {
  /** The token endpoint's path, with the query that every request has (`/auth/token?service=registry`). */
  readonly endpoint: string;
  /** A host under which anyone pulls; undefined where the server does not tell hosts apart. */
  readonly publicHost: string | undefined;
  /** `name:password` of a user who may push; undefined where there is none. */
  readonly login: string | undefined;
  /** Of the same user; undefined where none is given. */
  readonly refreshToken: string | undefined;
  /** `name:token` of the same user; undefined where none can be made. */
  readonly accessToken: string | undefined;
  /** The path that turns Basic on a registry request into a token; undefined where there is none. */
  readonly forward: string | undefined;
}

export interface Case {
  readonly name: string;
  /** At least this part of what a bare node:http server does. */
  readonly atLeast: number;
  /** Undefined where the target cannot be asked this. */
  readonly request: (target: Target) => LoadRequest | undefined;
}

/** Everything that is put under load. To measure something new, add an entry. */
export const cases: readonly Case[] = [
  {
    name: 'same scope',
    atLeast: 0.6,
    request: ({ endpoint, publicHost }) => ({
      path: `${endpoint}&scope=repository:library/alpine:pull`,
      headers: { ...(publicHost !== undefined && { Host: publicHost }) },
    }),
  },
  {
    name: 'every scope new',
    atLeast: 0.28,
    request: ({ endpoint, publicHost }) => ({
      path: `${endpoint}&scope=repository:library/app-{new}:pull`,
      headers: { ...(publicHost !== undefined && { Host: publicHost }) },
    }),
  },
  {
    name: 'repeated login',
    atLeast: 0.4,
    request: ({ endpoint, login }) =>
      login === undefined
        ? undefined
        : {
            path: `${endpoint}&account=${login.slice(0, login.indexOf(':'))}&scope=repository:library/alpine:pull,push`,
            headers: { Authorization: `Basic ${Buffer.from(login).toString('base64')}` },
          },
  },
  {
    name: 'access token',
    atLeast: 0.4,
    request: ({ endpoint, accessToken }) =>
      accessToken === undefined
        ? undefined
        : {
            path: `${endpoint}&scope=repository:library/alpine:pull,push`,
            headers: { Authorization: `Basic ${Buffer.from(accessToken).toString('base64')}` },
          },
  },
  {
    name: 'refresh token',
    atLeast: 0.3,
    request: ({ endpoint, refreshToken }) =>
      refreshToken === undefined
        ? undefined
        : {
            method: 'POST',
            path: endpoint,
            headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
            body: `grant_type=refresh_token&refresh_token=${refreshToken}&service=registry&client_id=docker&scope=repository:library/alpine:pull`,
          },
  },
  {
    name: 'basic at the edge',
    atLeast: 0.4,
    request: ({ forward, login }) =>
      login === undefined || forward === undefined
        ? undefined
        : {
            path: forward,
            headers: {
              Authorization: `Basic ${Buffer.from(login).toString('base64')}`,
              'X-Forwarded-Method': 'GET',
              'X-Forwarded-Uri': '/v2/library/alpine/manifests/latest',
            },
          },
  },
];

/** @throws where there is no such case, or the target cannot be asked it. */
export function requestOf(name: string, target: Target): LoadRequest {
  const request = cases.find((entry) => entry.name === name)?.request(target);
  if (request === undefined) throw new Error(`no request for the case ${name}`);
  return request;
}
