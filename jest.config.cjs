// Three projects: `unit` needs nothing but this repository, `live` starts real nginx, Redis and services, and `docker` a
// real Docker Engine. scripts/test.mjs runs all and prints the closing line.

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
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
};

/** Those of the live tests. */
const withDocker = '/test/live/(docker-|aws-host-docker)';

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
      ...shared,
      displayName: 'live',
      testMatch: ['<rootDir>/test/live/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', withDocker],
      setupFilesAfterEnv: ['<rootDir>/test/support/live-timeout.ts'],
    },
    {
      ...shared,
      displayName: 'docker',
      testRegex: `${withDocker}.*\\.test\\.ts$`,
      setupFilesAfterEnv: ['<rootDir>/test/support/live-timeout.ts'],
    },
  ],
};
