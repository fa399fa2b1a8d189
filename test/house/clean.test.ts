// The tree is formatted, free of lint, and typed throughout: library, tests, examples and scripts.
import { findProgram } from '../../scripts/machine/programs.mjs';
import { expectClean, PATIENCE, run, runTool } from './run';

test(
  'ESLint finds nothing',
  () => {
    expectClean(runTool('eslint', ['.', '--max-warnings=0']), 'npx eslint --fix . may help');
  },
  PATIENCE,
);

test(
  'Prettier would change nothing',
  () => {
    expectClean(runTool('prettier', ['--check', '.']), 'npm run format');
  },
  PATIENCE,
);

test(
  'TypeScript finds no error',
  () => {
    expectClean(runTool('tsc', ['--noEmit', '--incremental', 'false']), 'npm run typecheck');
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
