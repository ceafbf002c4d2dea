/** Bytes by name. What is stored under a name never changes: names are hashes of content, or of the job that makes it. */
export interface Store {
  /** Its location, in the form `openStore` accepts. */
  readonly place: string;
  get(name: string): Promise<Uint8Array | undefined>;
  put(name: string, content: Uint8Array): Promise<void>;
}
