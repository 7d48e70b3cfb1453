/** The name of the product, and the host that this console belongs to. */
export function Brand() {
  return (
    <a class="brand" href="/auth/">
      <Mark />
      <span class="brand-name">dockpass</span>
      <span class="brand-host">{location.host}</span>
    </a>
  );
}

/** The key of the favicon. */
export function Mark({ size = 24 }: { readonly size?: number }) {
  return (
    <svg class="mark" width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      <rect class="mark-ground" width="32" height="32" rx="8" />
      <g fill="none" stroke="#fff" stroke-width="2.6" stroke-linecap="round" stroke-linejoin="round">
        <circle cx="12" cy="16" r="4.6" />
        <path d="M16.6 16H25M22 16v4" />
      </g>
    </svg>
  );
}
