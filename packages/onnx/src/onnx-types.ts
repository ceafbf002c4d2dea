/** The parts of the decoded protobuf messages that the reader and the writer use. Field names as in onnx.proto. */
export interface Int64 {
  toString(): string;
  toNumber(): number;
}

export interface StringStringEntry {
  readonly key?: string;
  readonly value?: string;
}

export interface TensorProto {
  readonly dims?: readonly (Int64 | number)[];
  readonly data_type?: number;
  readonly name?: string;
  readonly raw_data?: Uint8Array;
  readonly float_data?: readonly number[];
  readonly int32_data?: readonly number[];
  readonly int64_data?: readonly Int64[];
  readonly uint64_data?: readonly Int64[];
  readonly double_data?: readonly number[];
  readonly external_data?: readonly StringStringEntry[];
  readonly data_location?: number;
  readonly segment?: object | null;
  readonly doc_string?: string;
  readonly metadata_props?: readonly StringStringEntry[];
}

export interface AttributeProto {
  readonly name?: string;
  readonly type?: number;
  readonly f?: number;
  readonly i?: Int64;
  readonly s?: Uint8Array;
  readonly t?: TensorProto | null;
  readonly floats?: readonly number[];
  readonly ints?: readonly Int64[];
  readonly strings?: readonly Uint8Array[];
  readonly ref_attr_name?: string;
  readonly g?: GraphProto | null;
  readonly graphs?: readonly GraphProto[];
}

export interface NodeProto {
  readonly name?: string;
  readonly op_type?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  readonly attribute?: readonly AttributeProto[];
  readonly metadata_props?: readonly StringStringEntry[];
}

export interface DimensionProto {
  readonly dim_value?: Int64;
  readonly dim_param?: string;
}

export interface ValueInfoProto {
  readonly name?: string;
  readonly doc_string?: string;
  readonly metadata_props?: readonly StringStringEntry[];
  readonly type?: {
    readonly tensor_type?: {
      readonly elem_type?: number;
      readonly shape?: { readonly dim?: readonly DimensionProto[] } | null;
    } | null;
  } | null;
}

export interface GraphProto {
  readonly name?: string;
  readonly doc_string?: string;
  readonly metadata_props?: readonly StringStringEntry[];
  readonly value_info?: readonly ValueInfoProto[];
  readonly node?: readonly NodeProto[];
  readonly initializer?: readonly TensorProto[];
  readonly sparse_initializer?: readonly { readonly values?: TensorProto | null }[];
  readonly input?: readonly ValueInfoProto[];
  readonly output?: readonly ValueInfoProto[];
}

export interface OpsetProto {
  readonly domain?: string;
  readonly version?: Int64;
}

export interface FunctionProto {
  readonly name?: string;
  readonly domain?: string;
  readonly overload?: string;
  readonly input?: readonly string[];
  readonly output?: readonly string[];
  /** Names of attributes without a default. */
  readonly attribute?: readonly string[];
  readonly attribute_proto?: readonly AttributeProto[];
  readonly node?: readonly NodeProto[];
  readonly opset_import?: readonly OpsetProto[];
  readonly value_info?: readonly ValueInfoProto[];
}

export interface ModelProto {
  readonly ir_version?: Int64;
  readonly opset_import?: readonly OpsetProto[];
  readonly producer_name?: string;
  readonly producer_version?: string;
  readonly domain?: string;
  readonly model_version?: Int64;
  readonly doc_string?: string;
  readonly metadata_props?: readonly StringStringEntry[];
  readonly graph?: GraphProto | null;
  readonly functions?: readonly FunctionProto[];
}
