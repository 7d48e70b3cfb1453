import type { Command } from 'commander';
import { describePerson } from '../../admin/people/actor.ts';
import { DockpassError } from '../../errors.ts';
import { describeFreed, type CollectionRequest } from '../../up/collection/collection-request.ts';
import { sendCollectionRequest } from '../../up/collection/send-request.ts';
import { configOf } from '../context.ts';
import { readDuration } from '../options/duration-option.ts';
import { print, say } from '../output.ts';
import { runningConfig } from '../running/running-up.ts';

export interface CollectionOptions {
  readonly dryRun?: boolean;
  readonly wait: string;
}

/** Lets `dockpass up` collect garbage, or prints how to do it by hand. */
export async function collectGarbage({ dryRun, wait }: CollectionOptions, command: Command): Promise<void> {
  const request: CollectionRequest = {
    dryRun: dryRun === true,
    waitMs: readDuration('--wait', wait) * 1000,
    actor: `cli: ${describePerson(process.env)}`,
  };
  const { up } = (await runningConfig(await configOf(command))).config;
  const result = await sendCollectionRequest(up.directory, request, say);
  if (result === undefined) return explainSteps(up.directory);
  print(`${result.dryRun ? 'would be freed' : 'freed'}: ${describeFreed(result)}`);
}

/** @throws DockpassError `gc_by_hand` always, because nothing was collected */
function explainSteps(directory: string): void {
  const steps = [
    'dockpass writes stop',
    'Wait until the pushes that have begun have ended, for example 15 minutes. With the storage driver filesystem, this command prints the uploads that are still being sent: find STORAGE/docker/registry/v2/repositories -path "*/_uploads/*" -mmin -15',
    'registry garbage-collect CONFIG    # as the user of the registry, with its environment variables, and without --delete-untagged',
    'Restart the registry. Without a restart, a registry whose configuration has storage.cache takes deleted layers for present, and images that are pushed later are incomplete.',
    'dockpass writes start',
  ];
  print('To free the disk space of deleted images, do these steps:');
  for (const [at, step] of steps.entries()) print(`${at + 1}. ${step}`);
  throw new DockpassError(
    'gc_by_hand',
    `no "dockpass up" runs with the folder ${directory}, so dockpass cannot run the garbage collector of your registry. Nothing was changed. Follow the steps above. docs/garbage-collection.md explains them.`,
  );
}
