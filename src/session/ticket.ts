/** What ExecuteCommand, StartSession and ResumeSession answer. */
export interface SessionTicket {
  readonly sessionId: string;
  readonly streamUrl: string;
  /** Opens the stream once; a secret. */
  readonly tokenValue: string;
}
