// One jest set-up for every project: TypeScript through swc, real parts allowed time to start, results kept for the count.
const path = require('node:path');

/** @param {string} project the short name under which this run's results are kept */
module.exports = (project) => ({
  displayName: project,
  testEnvironment: 'node',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/out-tsc/'],
  modulePathIgnorePatterns: ['/dist/', '/out-tsc/'],
  transform: {
    '^.+\\.[cm]?[jt]s$': [
      '@swc/jest',
      {
        sourceMaps: 'inline',
        jsc: { target: 'es2023', parser: { syntax: 'typescript' }, keepClassNames: true },
        module: { type: 'commonjs' },
      },
    ],
  },
  // Packages that ship ES modules only, or import as they go.
  transformIgnorePatterns: [
    '/node_modules/(?!(flatbush|flatqueue|jsts|robust-predicates|fast-check|pure-rand|commander|@opentelemetry/otlp-exporter-base)/)',
  ],
  testTimeout: 60_000,
  // Two projects run side by side on two cores, each with servers of its own.
  maxWorkers: 1,
  reporters: ['default', [path.join(__dirname, 'tools/testing/result-reporter.cjs'), { project }]],
  cacheDirectory: path.join(__dirname, '.cache', 'jest'),
});
