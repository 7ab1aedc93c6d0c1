import { printableLine } from '../printable';
import type { ChannelAccess, UpgradeHistory, UpgradeRefusal, UpgradeRequest } from '../session/upgrade';
import { ChannelRefusedError } from '../session/upgrade';
import { EXPIRED, missingRight } from './errors';
import { type Credentials, signUpgrade } from './sign-upgrade';
import { type StreamPlace, streamAddress } from './stream-url';

export interface ChannelAccessOptions extends Omit<StreamPlace, 'configured'> {
  /** As `StreamPlace.configured`, known when the session has been started. */
  readonly configured: () => Promise<StreamPlace['configured']>;
  /**
   * Whose signature the upgrade gets, asked each time.
   * @param isPatient whether the service has turned an unsigned request away, so that waiting is worth it
   * @returns undefined when there are none, or none at once
   */
  readonly credentials: (isPatient: boolean) => Promise<Credentials | undefined>;
  /** How far this machine's clock is behind AWS's, as its client of the moment has found out, in ms. */
  readonly clockOffsetMs: () => number;
  /** Takes a line for the user, once: that a stream is opened unsigned. */
  readonly warn: (text: string) => void;
}

const ACTION = 'ssmmessages:OpenDataChannel';
/** What the SDK takes for a wrong clock: AWS refuses signatures of five minutes ago. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** A right that was given a moment ago may not be everywhere; one that is refused twice is not there. */
const MOST_REFUSALS = 2;
/** One that was there may be away while hourly credentials change, as for ResumeSession. */
const MOST_REFUSALS_LATER = 5;
const NO_CREDENTIALS = 'no AWS credentials were found';
const SIGN_IN = 'Sign in again, for example `aws sso login`';

/** Opens the data channels of one session: to the address of its tickets, signed with the credentials of the moment. */
export class SignedChannelAccess implements ChannelAccess {
  private clockOffsetMs: number | undefined;
  private isSigned = false;
  /** Why it could not be signed. */
  private obstacle = NO_CREDENTIALS;
  private hasWarned = false;

  constructor(private readonly options: ChannelAccessOptions) {}

  async request(streamUrl: string, { refusals }: UpgradeHistory): Promise<UpgradeRequest> {
    const url = streamAddress(streamUrl, { ...this.options, configured: await this.options.configured() });
    return { url: url.href, headers: await this.sign(url, refusals > 0 && !this.isSigned) };
  }

  refused(refusal: UpgradeRefusal, { refusals, hasBeenOpen }: UpgradeHistory): 'again' | 'later' | ChannelRefusedError {
    const { status, code, date } = refusal;
    if (status !== 400 && status !== 401 && status !== 403) return 'later';
    const isFirst = refusals < MOST_REFUSALS;
    // Once: of two servers that disagree none is believed.
    if (isFirst && date !== undefined && Math.abs(date.getTime() - this.now()) >= CLOCK_TOLERANCE_MS) {
      this.clockOffsetMs = date.getTime() - Date.now();
      return 'again';
    }
    if (isFirst) return this.isSigned ? 'later' : 'again';
    // Those that started the session are good; in a long one others may be there at any time.
    if (hasBeenOpen && (!this.isSigned || EXPIRED.includes(code))) return 'later';
    if (hasBeenOpen && refusals < MOST_REFUSALS_LATER) return 'later';
    return this.explain(refusal);
  }

  /** A failure to sign must not keep a session from opening: older services want no signature. */
  private async sign(url: URL, isPatient: boolean): Promise<Readonly<Record<string, string>>> {
    const { region, credentials: find, warn } = this.options;
    this.obstacle = NO_CREDENTIALS;
    try {
      const credentials = await find(isPatient);
      this.isSigned = credentials !== undefined;
      if (credentials !== undefined) return await signUpgrade(url, { credentials, region, date: new Date(this.now()) });
    } catch (error) {
      this.isSigned = false;
      this.obstacle = printableLine(error instanceof Error ? error.message : String(error));
    }
    if (!this.hasWarned) warn(`The session's stream is opened without a signature: ${this.obstacle}`);
    this.hasWarned = true;
    return {};
  }

  private now(): number {
    return Date.now() + (this.clockOffsetMs ?? this.options.clockOffsetMs());
  }

  private explain({ status, code, message }: UpgradeRefusal): ChannelRefusedError {
    const said = message === '' ? `HTTP ${status}` : message;
    if (!this.isSigned) {
      return new ChannelRefusedError(
        `The service wants the session's stream signed, and there are no AWS credentials (${said}; ${this.obstacle})`,
        'Give the credentials that started the session, for example in AWS_PROFILE',
      );
    }
    if (/^AccessDenied/.test(code)) {
      return new ChannelRefusedError(`Not allowed to call ${ACTION}: ${said}`, missingRight(ACTION, said));
    }
    if (EXPIRED.includes(code)) {
      return new ChannelRefusedError(`AWS refused the credentials (${said})`, SIGN_IN);
    }
    if (/Signature/.test(code)) {
      return new ChannelRefusedError(
        `The signature of the session's stream was refused: ${said}`,
        "Check this machine's clock and the secret access key, and that no proxy on the way changes addresses",
      );
    }
    return new ChannelRefusedError(`The session's stream was refused: ${[code, said].join(' ').trim()}`);
  }
}
