import tseslint from 'typescript-eslint'

export default tseslint.config(
  { ignores: ['**/node_modules/**', '**/*.wasm', '**/assembly/**', '.bailee/**', 'portal/dist/**', 'portal/client/document.d.ts'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: { parserOptions: { project: ['./portal/tsconfig.json', './verifier/browser/tsconfig.json', './tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'max-lines-per-function': ['error', { max: 70, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 4],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  // What others run on Node 20: what came with a newer one is not there.
  { files: ['verifier/**/*.ts'], ignores: ['**/*.test.ts', 'verifier/testing.ts', 'verifier/build.ts'], rules: { 'no-restricted-properties': ['error', ...['Map', 'Object'].map((object) => ({ object, property: 'groupBy' })), ...['withResolvers', 'try'].map((property) => ({ object: 'Promise', property })), { object: 'Array', property: 'fromAsync' }, { object: 'RegExp', property: 'escape' }] } },
  { files: ['**/*.test.ts', 'bench/**', 'e2e/**'], rules: { 'max-lines-per-function': 'off', 'no-console': 'off' } },
)
