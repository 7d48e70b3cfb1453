// A setup file that vitest runs before each test file. This hook is registered before the hooks of the test file, so it
// runs after them.
import { afterAll } from 'vitest';
import { undoAfterFile } from './afterwards.ts';

afterAll(undoAfterFile);
