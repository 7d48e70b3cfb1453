import type { RobotRotation } from '../../../admin/robots.ts';
import { formatPatternActions } from '../../../admin/rights/right-text.ts';
import { toCanonicalName } from '../../../identity/user-name.ts';
import { Secret } from '../../../secret.ts';
import type { OnlyRight } from '../../../store/store.ts';
import type { RobotOperations, RotatedRobot } from '../../administration/credentials.ts';
import type { RobotView } from '../../../admin/views/robot-view.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';
import { rightsIn } from './rights-in.ts';

/** The operations on robots, through the administration API. */
export function remoteRobots(api: ApiClient): RobotOperations {
  const list = async (): Promise<RobotView[]> => (await api.list('/robots')).map(viewOf);
  const setDisabled = async (text: string, disabled: boolean) => {
    await api.send('PATCH', pathOf('robots', text), { body: { disabled } });
    return toCanonicalName(text);
  };
  return {
    list,
    find: async (text) => viewOf(await api.get(pathOf('robots', text))),
    create: async ({ only, expiresIn, ...rest }) => {
      const body = { ...rest, only: textsOf(only), expires: durationText(expiresIn) };
      return rotatedIn((await api.send('POST', '/robots', { body })).body);
    },
    set: async (text, { only, expiresIn, ...label }) => {
      const body = {
        ...label,
        ...(only !== undefined && { only: textsOf(only) }),
        ...(expiresIn !== undefined && { expires: durationText(expiresIn) }),
      };
      if (Object.keys(body).length === 0) {
        const { nothingToChange } = await import('../../../admin/robots.ts');
        throw nothingToChange();
      }
      return viewOf((await api.send('PATCH', pathOf('robots', text), { body })).body);
    },
    rotate: async (text, rotation) => {
      const path = pathOf('robots', text, 'rotate');
      const { body } = await api.send('POST', path, { body: bodyOf(rotation) });
      return { ...rotatedIn(body), oldSecretsEnd: body.text('oldSecretsEnd') };
    },
    planRotation: async (expiringWithin) => {
      const { selectForRotation } = await import('../../../admin/robots.ts');
      const all = (await list()).map(({ name, expires }) => ({
        name,
        expiresAt: expires === null ? null : Date.parse(expires) / 1000,
      }));
      const { robots, expired } = selectForRotation(all, Math.floor(Date.now() / 1000), expiringWithin);
      return { robots: robots.map(({ name }) => name), expired };
    },
    rotateAll: async ({ expiringWithin, ...rotation }) => {
      const expiring = expiringWithin === undefined ? {} : { expiring: durationText(expiringWithin) };
      const { body } = await api.send('POST', '/robot-rotations', {
        body: { ...bodyOf(rotation), ...expiring },
      });
      return { rotated: body.objects('items').map(rotatedIn), oldSecretsEnd: body.text('oldSecretsEnd') };
    },
    disable: (text) => setDisabled(text, true),
    enable: (text) => setDisabled(text, false),
    remove: async (text) => {
      await api.send('DELETE', pathOf('robots', text));
      return toCanonicalName(text);
    },
  };
}

function bodyOf({ overlap, expiresIn }: RobotRotation) {
  return {
    overlap: durationText(overlap),
    ...(expiresIn !== undefined && { expires: durationText(expiresIn) }),
  };
}

function durationText(seconds: number): string {
  return `${seconds}s`;
}

function textsOf(only: readonly OnlyRight[]): string[] {
  return only.map((right) => formatPatternActions([right]));
}

function rotatedIn(body: Fields): RotatedRobot {
  return { robot: viewOf(body), secret: new Secret(body.text('secret')) };
}

function viewOf(robot: Fields): RobotView {
  return {
    name: robot.text('name'),
    only: rightsIn(robot) ?? [],
    state: robot.word('state'),
    created: robot.text('created'),
    expires: robot.textOrNull('expires'),
    lastUsed: robot.textOrNull('lastUsed'),
    lastUsedFrom: robot.textOrNull('lastUsedFrom'),
    api: robot.boolean('api'),
    description: robot.textOrNull('description'),
    owner: robot.textOrNull('owner'),
  };
}
