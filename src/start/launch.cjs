'use strict';
const { existsSync } = require('node:fs');
const { join } = require('node:path');

// Every program starts here: `node src/start/launch.cjs PROGRAM …`, or from its file in `src/cli/bin`. What runs lies with
// the package, so neither the folder that the user stands in nor one for temporary files has a say in it.
const PACKAGE = join(__dirname, '../..');

/**
 * Runs a program of the package in this process, compiled anew where its sources are others by now.
 * @param program without its ending: `src/cli/main`
 */
function launch(program) {
  // ws takes a native add-on of this name from any folder above the package, or one that NODE_PATH names.
  process.env.WS_NO_BUFFER_UTIL = '1';
  // An error's stack tells lines of the sources; reading the maps takes time.
  if (process.env.DEBUG !== undefined) process.setSourceMapsEnabled(true);
  // An installed package has no sources, and needs no compiler.
  const isCheckout = existsSync(join(PACKAGE, 'main.ts'));
  if (!isCheckout || require('./compile.cjs').refreshOrTell(PACKAGE)) require(compiled(program));
}

function compiled(program) {
  return join(PACKAGE, 'dist', `${program}.js`);
}

module.exports = { launch };

if (require.main === module) {
  const [program = 'main'] = process.argv.splice(2, 1);
  process.argv[1] = compiled(program);
  launch(program);
}
