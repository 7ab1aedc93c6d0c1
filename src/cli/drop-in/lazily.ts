import { createRequire } from 'node:module';
import type * as ServiceModule from './service';
import type * as SessionModule from './session';
import type * as SigningModule from './signing';

// At once, where `import()` is a promise.
const load = createRequire(__filename);

/** What `--version` does without. */
export const loadSession = (): typeof SessionModule => load('./session') as typeof SessionModule;

/** The SDK, and what most sessions do without. */
export const loadService = (): typeof ServiceModule => load('./service') as typeof ServiceModule;

/** The SDK's signer and its search for credentials. */
export const loadSigning = (): typeof SigningModule => load('./signing') as typeof SigningModule;
