import eslint from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import house from './scripts/house-rules.mjs';

export default defineConfig(
  globalIgnores(['build/', 'dist/', 'coverage/', '**/cdktf.out/', '**/.gen/', '**/.aiwm/']),
  eslint.configs.recommended,
  tseslint.configs.recommended,
  {
    plugins: { house },
    rules: {
      'house/imports': 'error',
      eqeqeq: 'error',
      'no-console': 'off',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' },
      ],
    },
  },
  {
    // The rules that need types: those that find a forgotten await or a forgotten case.
    files: ['lib/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts'],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/only-throw-error': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: { 'no-console': 'error' },
  },
  {
    // The agent talks to the person at the terminal.
    files: ['lib/platform/local/agent/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.cjs', 'examples/**/*.js'],
    languageOptions: {
      sourceType: 'commonjs',
      globals: {
        module: 'writable',
        require: 'readonly',
        __dirname: 'readonly',
        process: 'readonly',
      },
    },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  {
    // TypeScript knows which names exist; it checks the JavaScript as well.
    files: ['**/*.{ts,mjs,js,cjs}'],
    rules: { 'no-undef': 'off' },
  },
);
