/** One thing that int8 has to show. */
export interface Row {
  readonly check: string;
  /** Model, or layer of one. */
  readonly subject: string;
  /** Where it ran. */
  readonly target: string;
  readonly found: string;
  /** The limit; none for a figure that is only shown. */
  readonly expected?: string;
  readonly met: boolean;
}
