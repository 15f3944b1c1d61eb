// Not named jest.config: these need a Kubernetes. Run by `npm run e2e:cluster`.
module.exports = {
  ...require('../../jest.preset.cjs')('cluster'),
  rootDir: require('node:path').join(__dirname, '..'),
  testMatch: ['**/cluster/*.check.ts'],
  bail: 1,
};
