/** The stylesheet of the public catalog. It uses only fonts of the system, so that nothing else is loaded. */
export const stylesheet = `
:root {
  color-scheme: light dark;
  --page: #f6f7f9; --card: #fff; --line: #dfe3e8; --field: #87919d; --text: #1b2430; --quiet: #5a6675;
  --link: #0b5cad; --code: #eef1f4; --mark: #1a6b3c; --mark-page: #e3f4ea;
  --mono: ui-monospace, "SF Mono", "Cascadia Code", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f141a; --card: #171e26; --line: #2b3541; --field: #6b7888; --text: #e6ebf1; --quiet: #9aa7b5;
    --link: #7cb8ff; --code: #222b35; --mark: #7fd6a2; --mark-page: #173226;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif;
}
a { color: var(--link); text-underline-offset: 0.2em; }
a:focus-visible, input:focus-visible, button:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; border-radius: 4px;
}
header, main, footer { max-width: 64rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2.5rem; }
footer { padding-top: 2rem; padding-bottom: 2.5rem; color: var(--quiet); font-size: 0.875rem; }
.home { color: var(--quiet); text-decoration: none; font-size: 0.9375rem; }
.home:hover { text-decoration: underline; }
h1 { margin: 0.25rem 0 0.5rem; font-size: 1.75rem; line-height: 1.25; overflow-wrap: anywhere; text-wrap: balance; }
header p { margin: 0.5rem 0; max-width: 44rem; color: var(--quiet); overflow-wrap: anywhere; }
form { display: flex; flex-wrap: wrap; gap: 0.5rem; align-items: end; margin: 1.5rem 0 1rem; }
label { display: block; width: 100%; font-size: 0.875rem; color: var(--quiet); }
input {
  flex: 1 1 14rem; min-width: 0; max-width: 26rem; padding: 0.5rem 0.75rem; font: inherit;
  color: inherit; background: var(--card); border: 1px solid var(--field); border-radius: 8px;
}
button {
  padding: 0.5rem 1rem; font: inherit; color: inherit; background: var(--card);
  border: 1px solid var(--field); border-radius: 8px; cursor: pointer;
}
button:hover { border-color: var(--quiet); }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 12px; overflow: hidden; }
.names { list-style: none; margin: 0; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(min(19rem, 100%), 1fr)); }
.names li { margin: 0 -1px -1px 0; border: solid var(--line); border-width: 0 1px 1px 0; }
.names a { display: block; height: 100%; padding: 0.625rem 1rem; text-decoration: none; overflow-wrap: anywhere; }
.names a:hover { text-decoration: underline; }
.names a:focus-visible { outline-offset: -3px; }
.space { color: var(--quiet); }
.count { margin: 1rem 0 0.5rem; color: var(--quiet); font-size: 0.875rem; }
.tags { list-style: none; margin: 1rem 0 0; padding: 0; }
.tags li { padding: 1rem 1.25rem; border-top: 1px solid var(--line); }
.tags li:first-child { border-top: 0; }
h2 { display: flex; flex-wrap: wrap; gap: 0.25rem 0.625rem; align-items: baseline; margin: 0; font-size: 1.0625rem; overflow-wrap: anywhere; }
.facts { margin: 0.25rem 0 0.625rem; padding: 0; list-style: none; display: flex; flex-wrap: wrap; gap: 0.125rem 1.25rem; color: var(--quiet); font-size: 0.875rem; }
.facts li { padding: 0; border: 0; }
.signed { padding: 0 0.5rem; border-radius: 999px; background: var(--mark-page); color: var(--mark); font-size: 0.8125rem; font-weight: 500; }
pre { margin: 0; padding: 0.625rem 0.75rem; background: var(--code); border-radius: 8px; }
pre code { font: 0.875rem/1.5 var(--mono); user-select: all; white-space: pre-wrap; overflow-wrap: anywhere; }
.empty { padding: 2.5rem 1.25rem; text-align: center; color: var(--quiet); }
.next { margin: 1.25rem 0 0; }
@media (max-width: 30rem) {
  header { padding-top: 1.5rem; }
  header, main, footer { padding-left: 1rem; padding-right: 1rem; }
  h1 { font-size: 1.375rem; }
  .tags li { padding: 0.875rem 1rem; }
  .facts li { padding: 0; }
}
@media print { form, .next { display: none; } .card { border: 0; } }
`.trimStart();

/** The icon that browsers show next to the title of the page. */
export const icon = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/><path d="M7 19h4v-4H7zm5 0h4v-4h-4zm5 0h4v-4h-4zm-5-5h4v-4h-4zm5 0h4v-4h-4z" fill="#fff"/><path d="M5 21h22c-1 4-4 6-9 6H12c-4 0-7-2-7-6z" fill="#fff" opacity=".85"/></svg>\n`;
