// Which project a test belongs to is said by its folder. test/live starts real nginx, Redis and services, test/engine a
// real Docker Engine or an emulated AWS, test/load wants the machine for itself, and the rest needs nothing but this
// repository. scripts/test.mjs runs all and prints the closing line.

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
  snapshotFormat: { escapeString: false, printBasicPrototype: false },
};

/**
 * @param {string} displayName
 * @param {string} folder
 * @param {string[]} before modules that run before each test file, once jest's functions are there
 * @returns {import('jest').Config}
 */
const inFolder = (displayName, folder, ...before) => ({
  ...shared,
  displayName,
  testMatch: [`<rootDir>/test/${folder}/**/*.test.ts`],
  setupFilesAfterEnv: ['machine/live-timeout', ...before].map(
    (module) => `<rootDir>/test/support/${module}.ts`,
  ),
});

/** @type {import('jest').Config} */
module.exports = {
  projects: [
    {
      ...shared,
      displayName: 'unit',
      testMatch: ['<rootDir>/test/**/*.test.ts'],
      testPathIgnorePatterns: ['live', 'engine', 'load'].map(
        (folder) => `<rootDir>/test/${folder}/`,
      ),
    },
    inFolder('live', 'live'),
    // The same tests of a front, with nginx.conf as AwsPlatform has it.
    inFolder('live, rendered for AWS', 'live/front', 'aws/render-on-aws'),
    inFolder('engine', 'engine'),
    inFolder('load', 'load'),
  ],
};
