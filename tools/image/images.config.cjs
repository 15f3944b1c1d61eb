// Not named jest.config: `npm test` needs no root and no container tools, these do. Run by the target `image`.
module.exports = { ...require('../../jest.preset.cjs')('images'), rootDir: __dirname, testMatch: ['**/*.check.ts'] };
