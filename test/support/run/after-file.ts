// A setup file: vitest runs it before each test file, whose own hooks thus come after this one, and are run before it.
import { afterAll } from 'vitest';
import { undoAfterFile } from './afterwards.ts';

afterAll(undoAfterFile);
