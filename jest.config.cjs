// Four projects: `unit` needs nothing but this repository, `live` starts real nginx, Redis and services, `engine` a real
// Docker Engine or an emulated AWS, and `load` wants the machine for itself. scripts/test.mjs runs all and prints the
// closing line.

/** @type {import('jest').Config} */
const shared = {
  rootDir: __dirname,
  roots: ['<rootDir>/test'],
  testEnvironment: 'node',
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          // Construct classes rely on fields being assigned, as TypeScript's own output does.
          transform: { useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  modulePathIgnorePatterns: ['<rootDir>/build/', '<rootDir>/dist/', '/cdktf\\.out/'],
  moduleNameMapper: {
    '^cdktf-aiwm$': '<rootDir>/lib/index.ts',
    '^cdktf-aiwm/testing$': '<rootDir>/lib/testing/index.ts',
  },
  setupFiles: ['<rootDir>/test/support/token-traces.ts'],
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
};

/** Of the live tests. */
const underLoad = '/test/live/(capacity|docker-rollout)';
const withEngine = '/test/live/(docker-|aws-host-docker|aws-moto)';

/** @param {string} displayName */
const live = (displayName) => ({
  ...shared,
  displayName,
  setupFilesAfterEnv: ['<rootDir>/test/support/live-timeout.ts'],
});

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/live/'],
    },
    {
      ...live('live'),
      testMatch: ['<rootDir>/test/live/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', withEngine, underLoad],
    },
    {
      ...live('engine'),
      testRegex: `${withEngine}.*\\.test\\.ts$`,
      testPathIgnorePatterns: ['/node_modules/', underLoad],
    },
    { ...live('load'), testRegex: `${underLoad}.*\\.test\\.ts$` },
  ],
};
