import type { LoadRequest } from './wrk.ts';

/** A token server to which the cases send requests, and the credentials of one user. */
export interface Target {
  /** The path of the token endpoint, with the query that each request has (`/auth/token?service=registry`). */
  readonly endpoint: string;
  /** A public domain. Undefined if the server does not distinguish domains. */
  readonly publicHost: string | undefined;
  /** `name:password` of a user who may push. Undefined if there is no user. */
  readonly login: string | undefined;
  /** A refresh token of the same user. Undefined if the server issues none. */
  readonly refreshToken: string | undefined;
  /** `name:token` with an access token of the same user. Undefined if the server does not support access tokens. */
  readonly accessToken: string | undefined;
  /** The path that exchanges the Basic credentials of a registry request for a token. Undefined if there is none. */
  readonly forward: string | undefined;
  /** Signs the JWT of a job, a different one for each number. Undefined if the server has no trust rule. */
  readonly signJwt?: (number: number) => string;
}

/** More JWTs than dockpass caches, so that none of them is cached when its turn comes again. */
const newJwts = 25_000;

export interface Case {
  readonly name: string;
  /** The target: the lowest throughput relative to that of a bare node:http server. */
  readonly atLeast: number;
  /** Returns the request. Undefined if the server does not support it. */
  readonly request: (target: Target) => LoadRequest | undefined;
  /** Whether the request needs a trust rule (trust-home.ts). */
  readonly needsTrust?: true;
}

/** All requests that are measured under load. To measure another request, add an entry. */
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
  {
    name: 'repeated JWT',
    atLeast: 0.4,
    needsTrust: true,
    request: ({ endpoint, signJwt }) =>
      signJwt && {
        path: `${endpoint}&account=ci&scope=repository:library/alpine:pull,push`,
        headers: { Authorization: basicOf(signJwt(0)) },
      },
  },
  {
    name: 'new JWT',
    atLeast: 0.1,
    needsTrust: true,
    request: ({ endpoint, signJwt }) =>
      signJwt && {
        path: `${endpoint}&account=ci&scope=repository:library/alpine:pull,push`,
        authorizations: Array.from({ length: newJwts }, (_, number) => basicOf(signJwt(number + 1))),
        continues: true,
      },
  },
];

function basicOf(jwt: string): string {
  return `Basic ${Buffer.from(`ci:${jwt}`).toString('base64')}`;
}

/** Returns the request of a case. @throws Error if the case does not exist, or the server does not support it */
export function requestOf(name: string, target: Target): LoadRequest {
  const request = cases.find((entry) => entry.name === name)?.request(target);
  if (request === undefined) throw new Error(`unknown or unsupported case: ${name}`);
  return request;
}
