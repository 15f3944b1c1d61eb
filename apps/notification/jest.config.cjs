module.exports = require('../../jest.preset.cjs')('notification');
