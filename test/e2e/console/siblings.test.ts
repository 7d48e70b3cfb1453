import { expect, test } from 'vitest';
import { signIn } from '../../support/console/console-browser.ts';
import { password, startFilledConsole } from '../../support/console/filled-console.ts';
import { needs } from '../../support/run/parts.ts';

// Distribution 2.8 can delete only a whole image. Other tags must never go without a question (Joxit#399).
needs(
  'registry-2.8',
  'caddy',
  'chromium',
)('tags that share an image on registry 2.8', () => {
  test('the console asks again before the sibling tags are deleted too', async () => {
    const filled = await startFilledConsole({ version: '2.8' });
    const { page, open } = await signIn({ url: filled.url, name: 'boss', password });
    await open('repositories/team%2Fapp');
    await page.getByRole('button', { name: 'Delete tag 2.4', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete tag 2.4' });
    await dialog.getByText('2 other tags of the same image').waitFor();
    const confirmation = page.getByLabel('To confirm, type team/app:2.4');
    await confirmation.fill('team/app:2.4');
    await dialog.getByRole('button', { name: 'Delete', exact: true }).click();
    await dialog.getByText('This registry cannot delete the tag alone.', { exact: false }).waitFor();
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual(['2.4.1', 'latest']);
    // Nothing is deleted yet, and the name must be typed again.
    expect(await page.getByRole('row', { name: /^2\.4 /, includeHidden: true }).count()).toBe(1);
    expect(await confirmation.inputValue()).toBe('');
    await confirmation.fill('team/app:2.4');
    await dialog.getByRole('button', { name: 'Delete with 2 other tags' }).click();
    await page.getByText('Tag 2.4 was deleted.').waitFor();
    await page.getByRole('row', { name: /^latest/ }).waitFor({ state: 'detached' });
    expect(await page.getByRole('row', { name: /^2\.3\.0/ }).count()).toBe(1);
  });
});
