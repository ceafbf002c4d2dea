/** What compiles and runs a model here. */
export const ownRuntimes = ['interpreter', 'onnx', 'c', 'wgsl'] as const;
export type OwnRuntime = (typeof ownRuntimes)[number];

/** Others that run the same tests, by what they are called on the command line. */
export const peers = ['ort-node', 'ort-web', 'emx', 'litert'] as const;
export type Peer = (typeof peers)[number];

export type RuntimeName = OwnRuntime | Peer;

export function isPeer(name: RuntimeName): name is Peer {
  return (peers as readonly string[]).includes(name);
}

/** The part of the relevant ONNX tests that must pass; all others must be refused by name. */
export const thresholds: Readonly<Record<OwnRuntime, number>> = {
  interpreter: 0.97,
  onnx: 0.97,
  c: 0.85,
  wgsl: 0.85,
};
