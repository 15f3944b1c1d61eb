module.exports = require('../../jest.preset.cjs')('geofence');
