import { expect, test } from 'vitest';
import { createLifecycle } from '../../../src/app/lifecycle.ts';

test('closes in reverse order, one entry after the other', async () => {
  const lifecycle = createLifecycle();
  const steps: string[] = [];
  for (const name of ['store', 'recorder', 'server']) {
    lifecycle.onClose(async () => {
      steps.push(`close ${name}`);
      await Promise.resolve();
      steps.push(`${name} closed`);
    });
  }
  await lifecycle.close();
  expect(steps).toEqual([
    ...['close server', 'server closed', 'close recorder', 'recorder closed'],
    ...['close store', 'store closed'],
  ]);
});

test('closes the remaining entries if one cannot be closed, and reports the error', async () => {
  const lifecycle = createLifecycle();
  const closed: string[] = [];
  lifecycle.onClose(() => void closed.push('store'));
  lifecycle.onClose(() => Promise.reject(new Error('the disk is full')));
  lifecycle.onClose(() => void closed.push('server'));
  await expect(lifecycle.close()).rejects.toThrow('the disk is full');
  expect(closed).toEqual(['server', 'store']);
});

test('reports all errors if several entries cannot be closed', async () => {
  const lifecycle = createLifecycle();
  for (const message of ['first', 'second']) {
    lifecycle.onClose(() => {
      throw new Error(message);
    });
  }
  await expect(lifecycle.close()).rejects.toThrow('second; first');
});

test('closes each entry only once', async () => {
  const lifecycle = createLifecycle();
  let count = 0;
  lifecycle.onClose(() => void count++);
  await lifecycle.close();
  await lifecycle.close();
  expect(count).toBe(1);
});
