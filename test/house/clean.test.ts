// The tree is formatted, free of lint, and typed throughout: library, tests, examples and scripts.
import { findProgram } from '../../scripts/machine/programs.mjs';
import { expectClean, PATIENCE, run, startTool } from './run';

test.concurrent(
  'ESLint finds nothing',
  async () => {
    expectClean(
      await startTool('eslint', ['.', '--max-warnings=0']),
      'npx eslint --fix . may help',
    );
  },
  PATIENCE,
);

test.concurrent(
  'Prettier would change nothing',
  async () => {
    expectClean(await startTool('prettier', ['--check', '.']), 'npm run format');
  },
  PATIENCE,
);

test.concurrent(
  'TypeScript finds no error',
  async () => {
    expectClean(
      await startTool('tsc', ['--noEmit', '--incremental', 'false']),
      'npm run typecheck',
    );
  },
  PATIENCE,
);

const shellcheck = findProgram('shellcheck');
const whenThere = shellcheck ? test : test.skip;
whenThere(
  `shellcheck finds nothing${shellcheck ? '' : ': shellcheck is not installed, npm run setup'}`,
  () => {
    expectClean(run('shellcheck', ['.ci/run']), 'see https://www.shellcheck.net/wiki/');
  },
  PATIENCE,
);
