// Which project a test belongs to is said by its folder. test/live starts real nginx, Redis and services, test/engine a
// real Docker Engine or an emulated AWS, test/load wants the machine for itself, and the rest needs nothing but this
// repository. scripts/test.mjs runs all and prints the closing line.

const timeout = '<rootDir>/test/support/machine/test-timeout.ts';

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
    '^cdktf-aiwm/platform$': '<rootDir>/lib/platform/index.ts',
    '^cdktf-aiwm/(aws|docker|local)$': '<rootDir>/lib/platform/$1/index.ts',
  },
  setupFiles: ['<rootDir>/test/support/stack/token-traces.ts'],
  setupFilesAfterEnv: [timeout],
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
};

/**
 * @param {string} displayName
 * @param {string[]} folders
 * @returns {import('jest').Config}
 */
const inFolders = (displayName, ...folders) => ({
  ...shared,
  displayName,
  testMatch: folders.map((folder) => `<rootDir>/test/${folder}/**/*.test.ts`),
});

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...inFolders('unit', '.'),
      testPathIgnorePatterns: ['live', 'engine', 'load'].map(
        (folder) => `<rootDir>/test/${folder}/`,
      ),
    },
    inFolders('live', 'live'),
    {
      // The same tests of a front, with nginx.conf as AwsPlatform has it.
      ...inFolders('live, rendered for AWS', 'live/front'),
      setupFilesAfterEnv: [timeout, '<rootDir>/test/support/aws/render-on-aws.ts'],
    },
    inFolders('engine', 'engine/docker'),
    inFolders('swarm', 'engine/swarm'),
    inFolders('emulated AWS', 'engine/moto'),
    inFolders('load', 'load'),
  ],
};
