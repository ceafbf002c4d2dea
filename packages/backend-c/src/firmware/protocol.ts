/**
 * The protocol between a board and the command, shared by both sides. A frame is 0, the body with its CRC-32
 * in COBS, and 0: damage ends at the next 0. Numbers are little-endian.
 *
 * Request: op (1), sequence number (1), session (4), arguments. Answer: op | 0x80, the same number, a code,
 * results. Unasked, the board only reports that it is working, or that a frame was damaged. Every request is
 * idempotent and may be sent again.
 */
export const protocol = {
  version: 1,
  /** Most bytes of memory in a frame. */
  chunk: 512,
  ops: {
    /** Opens a session, which ends the run of another. Answer: version (1), chunk (2), bytes of the description (4). */
    hello: 1,
    /** Region (1), index (1), offset (4), bytes (2). Answer: the bytes. */
    read: 2,
    /** Region (1), index (1), offset (4), bytes. */
    write: 3,
    /**
     * Number of the run (4), calls of the observer (4): runs until the observer has been called that many
     * times, or to the end. Answer: 1 at the end and 0 before (1), status (4), calls (4), layer (4).
     */
    run: 4,
    /** Unasked: layer (4). */
    working: 0x7e,
    /** Unasked. */
    damaged: 0x7f,
  },
  regions: {
    /** What the board runs, as JSON. */
    about: 0,
    input: 1,
    output: 2,
    arena: 3,
    /** Ticks of the last run (8 each): before the first layer, and of each layer. */
    ticks: 4,
  },
  codes: { ok: 0, session: 1, request: 2 },
} as const;
