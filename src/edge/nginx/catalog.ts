import { catalogPath } from '../edge.ts';
import { indent } from '../text.ts';

/**
 * Renders the location that sends all requests for the list of repositories to dockpass.
 * @param directives the content of a location whose requests go to dockpass
 */
export function catalogLocation(directives: string): string[] {
  return [
    '    # dockpass itself answers requests for the list of repositories. It lists what the client may pull. The registry would',
    '    # list everything.',
    `    location = ${catalogPath} {`,
    indent(directives, 2),
    '    }',
  ];
}
