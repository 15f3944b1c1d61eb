// Named so that nx does not take it for unit tests: `nx run helm:chart` runs it, with the tools it needs.
const path = require('node:path');
module.exports = {
  ...require('../jest.preset.cjs')('chart'),
  rootDir: __dirname,
  globalSetup: '<rootDir>/tests/render-all.ts',
  testMatch: ['<rootDir>/tests/**/*.test.ts'],
  modulePathIgnorePatterns: ['/dist/', '/out-tsc/', '/toolbox/', '/test-output/'],
  testTimeout: 300_000,
  reporters: [
    'default',
    [
      path.join(__dirname, '../tools/testing/result-reporter.cjs'),
      { project: process.env.CORRAL_CHART_PROJECT === 'k8s' ? 'k8s' : 'chart' },
    ],
  ],
};
