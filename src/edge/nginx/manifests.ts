import { blobUploadPattern, manifestComment, type Edge } from '../edge.ts';
import { indent, lines } from '../text.ts';
import { stoppedVariable, writeQuestionHeader } from './writes.ts';

/** Renders the variable that is 1 for all pushes of manifests, for the `http` block. */
export function manifestMap(edge: Edge): string[] {
  if (!edge.immutableTags) return [];
  return [
    '# 1 for all pushes of manifests. Every PUT that is not certainly the upload of a layer is one, so that no spelling of a',
    '# path gets past this. nginx has decoded $uri and removed repeated slashes.',
    'map "$request_method $uri" $dockpass_pushes_manifest {',
    '    default 0;',
    `    "~^PUT ${blobUploadPattern.slice(1)}" 0;`,
    '    "~^PUT " 1;',
    '}',
  ];
}

/** Renders the lines in the location of `/v2/` that send all pushes of manifests to the location of the next function. */
export function manifestCondition(edge: Edge): string[] {
  if (!edge.immutableTags) return [];
  return [
    `        ${manifestComment}, checks that they change no immutable tag, and sends them to the registry.`,
    '        # Layers go to the registry directly. The status 418 never reaches a client.',
    '        error_page 418 = @dockpass_manifests;',
    '        recursive_error_pages on;',
    '        if ($dockpass_pushes_manifest) {',
    '            return 418;',
    '        }',
  ];
}

/** @param directives the content of a location whose requests go to dockpass */
export function manifestLocation(edge: Edge, directives: string): string[] {
  if (!edge.immutableTags) return [];
  return [
    '    location @dockpass_manifests {',
    '        # If the registry itself sends this header, the answer must not have it twice.',
    '        proxy_hide_header X-Content-Type-Options;',
    indent(lines(...stoppedVariable(edge), writeQuestionHeader, directives), 2),
    '    }',
  ];
}
