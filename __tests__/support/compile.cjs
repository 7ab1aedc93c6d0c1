'use strict';
const { resolve } = require('node:path');
const { refresh } = require('../../src/start/compile.cjs');

/** Once before all tests: the processes that they start run compiled. */
module.exports = () => refresh(resolve(__dirname, '../..'));
