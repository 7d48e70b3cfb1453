import type { PlatformView, TagView } from '../../admin/images/tags.ts';
import { formatSize } from '../../size.ts';
import { html, type Html } from './html.ts';

/** What every page of the catalog shows. */
export interface Frame {
  /** The title of the catalog, which the operator sets. */
  readonly title: string;
  /** The text below the title, which the operator sets. */
  readonly text: string;
  /** The host and port under which clients pull, as in `docker pull HOST:PORT/NAME`. */
  readonly host: string;
  /** The path of the stylesheet, with its version. */
  readonly stylesheet: string;
}

/** The paths of the catalog. */
export const catalogPath = '/auth/';
export const repositoryPath = '/auth/repositories/';
export const iconPath = '/auth/catalog.svg';

/** Returns the path of a repository's page. */
export function pathOfRepository(name: string): string {
  return repositoryPath + name.split('/').map(encodeURIComponent).join('/');
}

export interface ListPage {
  readonly names: readonly string[];
  /** The path of the next page. */
  readonly next: string | undefined;
  readonly q: string;
  /** True for the first page. */
  readonly isFirst: boolean;
}

/** The page that lists the repositories. */
export function renderList(frame: Frame, { names, next, q, isFirst }: ListPage): Html {
  const items = names.map((name) => {
    const slash = name.lastIndexOf('/') + 1;
    return html`<li>
      <a href="${pathOfRepository(name)}"
        >${slash > 0 && html`<span class="space">${breakable(name.slice(0, slash))}</span>`}${name.slice(slash)}</a
      >
    </li>`;
  });
  const found = html`<p class="count">${countOf(names.length, next !== undefined || !isFirst)}</p>
    <ul class="card names">
      ${items}
    </ul>`;
  const emptyText =
    q === ''
      ? 'There are no public images here yet.'
      : 'No public repository has this text in its name. Try a shorter text.';
  const body = html`<header>
      <h1>${frame.title}</h1>
      ${paragraphs(frame.text)}
      <form action="${catalogPath}" role="search">
        <label for="q">Search repositories</label>
        <input id="q" name="q" type="search" value="${q}" maxlength="200" autocomplete="off" />
        <button>Search</button>
      </form>
    </header>
    <main>
      ${names.length === 0 ? html`<p class="card empty">${emptyText}</p>` : found} ${nextLink(next)}
      ${q !== '' && html`<p class="next"><a href="${catalogPath}">Show all repositories</a></p>`}
    </main>`;
  return renderPage(frame, frame.title, next, body);
}

export interface RepositoryPage {
  readonly name: string;
  readonly tags: readonly TagView[];
  readonly next: string | undefined;
}

/** The page of one repository. */
export function renderRepository(frame: Frame, { name, tags, next }: RepositoryPage): Html {
  const list = html`<ul class="card tags">
    ${tags.map((tag) => renderTag(frame, name, tag))}
  </ul>`;
  const body = html`<header>
      <a class="home" href="${catalogPath}">← ${frame.title}</a>
      <h1>${breakable(name)}</h1>
      <p>Click a command to select it.</p>
    </header>
    <main>
      ${tags.length === 0 ? html`<p class="card empty">This repository has no tags.</p>` : list}
      ${nextLink(next)}
    </main>`;
  return renderPage(frame, `${name} – ${frame.title}`, next, body);
}

function renderTag({ host }: Frame, repository: string, tag: TagView): Html {
  const platforms = platformTexts(tag.platforms);
  const isSigned = tag.referrers.some(({ kind }) => kind === 'signature');
  // Attribute and text are on one line, because white space in `pre` is part of the text.
  const command = html`<pre><code>${commandFor(tag, host, repository)}</code></pre>`;
  return html`<li>
    <h2>${tag.name} ${isSigned && html`<span class="signed">signed</span>`}</h2>
    <ul class="facts">
      ${tag.size !== null && html`<li>${formatSize(tag.size)}${tag.platforms.length > 1 && ' in total'}</li>`}
      ${platforms.length > 0 && html`<li>${platforms.join(', ')}</li>`}
      ${
        tag.created !== null &&
        html`<li>created <time datetime="${tag.created}">${tag.created.slice(0, 10)}</time></li>`
      }
      ${tag.kind !== null && !['image', 'index'].includes(tag.kind) && html`<li>${tag.kind}</li>`}
    </ul>
    ${command}
  </li>`;
}

/** Returns the command that pulls a tag. Clients for images cannot pull charts and other artifacts. */
function commandFor({ name, kind }: TagView, host: string, repository: string): string {
  if (kind === 'chart') return `helm pull oci://${host}/${repository} --version ${name}`;
  const client = kind === null || kind === 'image' || kind === 'index' ? 'docker' : 'oras';
  return `${client} pull ${host}/${repository}:${name}`;
}

/** The page for everything that does not exist, or is not public. It never says which. */
export function renderNotFound(frame: Frame): Html {
  return renderPage(
    frame,
    `Not found – ${frame.title}`,
    undefined,
    html`<header>
        <a class="home" href="${catalogPath}">← ${frame.title}</a>
        <h1>Not found</h1>
      </header>
      <main><p class="card empty">There is no public repository at this address.</p></main>`,
  );
}

/** The page that is shown if the registry does not answer. */
export function renderUnavailable(frame: Frame): Html {
  return renderPage(
    frame,
    `Not available – ${frame.title}`,
    undefined,
    html`<header>
        <a class="home" href="${catalogPath}">← ${frame.title}</a>
        <h1>Not available right now</h1>
      </header>
      <main>
        <p class="card empty">The images cannot be listed at the moment. Try again in a minute.</p>
      </main>`,
  );
}

function renderPage({ stylesheet }: Frame, title: string, next: string | undefined, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${title}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <link rel="stylesheet" href="${stylesheet}" />
        <link rel="icon" type="image/svg+xml" href="${iconPath}" />
        ${next !== undefined && html`<link rel="next" href="${next}" />`}
      </head>
      <body>
        ${body}
        <footer>No login is needed to pull these images.</footer>
      </body>
    </html> `;
}

/** Allows a line break after each slash of a long name. */
function breakable(name: string): Html[] {
  return name.split(/(?<=\/)/).map((part, at) => (at === 0 ? html`${part}` : html`<wbr />${part}`));
}

function nextLink(next: string | undefined): Html | undefined {
  return next === undefined
    ? undefined
    : html`<p class="next"><a rel="next" href="${next}">Next page →</a></p>`;
}

function countOf(count: number, isPart: boolean): string {
  const repositories = count === 1 ? '1 repository' : `${count} repositories`;
  return isPart ? `${repositories} on this page` : repositories;
}

function paragraphs(text: string): Html[] {
  return text
    .split(/\n\s*\n/)
    .filter((paragraph) => paragraph.trim() !== '')
    .map((paragraph) => html`<p>${paragraph.trim()}</p>`);
}

/** The largest number of platforms that a tag shows. */
const maxPlatforms = 12;

/** Returns the platforms as text. Anyone who may push chooses these texts, so unusual ones are left out. */
function platformTexts(platforms: readonly PlatformView[]): string[] {
  const texts = platforms
    .map(({ os, architecture, variant }) =>
      [os, architecture, ...(variant === null ? [] : [variant])].join('/'),
    )
    .filter((text) => /^[\w.+/-]{1,60}$/.test(text));
  const shown = [...new Set(texts)];
  return shown.length > maxPlatforms
    ? [...shown.slice(0, maxPlatforms), `${shown.length - maxPlatforms} more`]
    : shown;
}
