/** What a model file contains besides the graph; editing keeps it. */
export interface GraphSource {
  /** Version of the standard ops. */
  readonly opset: number;
  /** Versions of other domains of ops. */
  readonly domains: Readonly<Record<string, number>>;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly domain: string;
  readonly modelVersion: number;
  readonly docString: string;
  /** Of the graph in the model. */
  readonly graphDocString: string;
  readonly metadata: Readonly<Record<string, string>>;
  /** Metadata of the graph in the model, in the source format. */
  readonly graphMetadata: readonly object[];
  /** Doc strings and metadata of values by name, in the source format. */
  readonly notes: ReadonlyMap<string, object>;
  /** The version of the format itself. */
  readonly formatVersion: number;
  /** Functions that nodes may call, in the source format. */
  readonly functions: readonly object[];
  /** Whether the types of inner values are declared. */
  readonly statesTypes: boolean;
}
