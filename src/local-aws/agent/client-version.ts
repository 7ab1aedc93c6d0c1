import { compareVersions } from './version';

const VERSION = /^\d+(\.\d+){0,7}$/;

/**
 * Why a client is too old, in the words of the close frame; undefined when it is not. AWS names the minimum and says
 * that earlier clients might not succeed: how it ends their channels is not known.
 */
export function versionRefusal(clientVersion: string | undefined, minimum: string): string | undefined {
  if (clientVersion === undefined) return refusal('(none)', minimum);
  if (!VERSION.test(clientVersion)) return refusal('(no version)', minimum);
  return compareVersions(clientVersion, minimum) < 0 ? refusal(clientVersion, minimum) : undefined;
}

/** A close frame has room for 123 bytes. */
function refusal(version: string, minimum: string): string {
  return `ClientVersion ${version} is not supported: the minimum is ${minimum}`.slice(0, 123);
}
