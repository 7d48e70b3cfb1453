import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import type { Store } from '../../../store/store.ts';
import { formatTime } from '../../output.ts';
import type { RobotOperations } from '../credentials.ts';

/** The operations on the robots in the database. Each operation loads only the code that it needs. */
export function localRobots(store: Store, { htpasswd }: Config): RobotOperations {
  return {
    list: async () => {
      const { publicView } = await loadView();
      return (await store.robots.list()).map((robot) => publicView(robot));
    },
    find: async (text) => {
      const { publicView } = await loadView();
      return publicView(await (await loadRobots()).findRobot(store, text));
    },
    create: async (newRobot) => {
      const { publicView } = await loadView();
      const { createRobot } = await loadRobots();
      const { robot, secret } = await createRobot(store, systemClock, { ...newRobot, htpasswd });
      return { robot: publicView(robot), secret };
    },
    set: async (text, settings) => {
      const { publicView } = await loadView();
      return publicView(await (await loadRobots()).setRobot(store, systemClock, text, settings));
    },
    rotate: async (text, rotation) => {
      const { publicView } = await loadView();
      const { rotateRobotSecret } = await loadRobots();
      const { robot, secret, oldSecretsEndAt } = await rotateRobotSecret(store, systemClock, text, rotation);
      return { robot: publicView(robot), secret, oldSecretsEnd: formatTime(oldSecretsEndAt) };
    },
    planRotation: async (expiringWithin) => {
      const { robots, expired } = await (await loadRobots()).planRotation(store, systemClock, expiringWithin);
      return { robots: robots.map(({ name }) => name), expired };
    },
    rotateAll: async (rotation) => {
      const { publicView } = await loadView();
      const { rotateAllRobotSecrets } = await loadRobots();
      const { rotated, oldSecretsEndAt } = await rotateAllRobotSecrets(store, systemClock, rotation);
      return {
        rotated: rotated.map(({ robot, secret }) => ({ robot: publicView(robot), secret })),
        oldSecretsEnd: formatTime(oldSecretsEndAt),
      };
    },
    disable: async (text) => (await loadRobots()).disableRobot(store, systemClock, text),
    enable: async (text) => (await loadRobots()).enableRobot(store, systemClock, text),
    remove: async (text) => (await loadRobots()).removeRobot(store, systemClock, text),
  };
}

const loadRobots = () => import('../../../admin/robots.ts');
const loadView = () => import('../../../admin/views/robot-view.ts');
