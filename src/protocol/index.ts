/**
 * tailcast/protocol: the event stream format of WHATWG HTML 9.2, as text and bytes.
 *
 * It imports no Node module, so bundles for browsers, workers and edge runtimes can include it.
 *
 * @module
 */
export { TailcastError } from "../error.ts";
export { decodeEventStream } from "./decode-stream.ts";
export { DEFAULT_MAX_EVENT_BYTES, EventStreamDecoder } from "./decode.ts";
export { MAX_RETRY, encodeComment, encodeEvent } from "./encode.ts";
export { MAX_EVENT_ID_BYTES, assertEventId, decodeLastEventId } from "./event-id.ts";
export { StreamExplainer, explain } from "./explain.ts";
export { formatSequenceId, isEpoch, parseSequenceId } from "./sequence-id.ts";
export { STREAM_FAULTS } from "./stream-fault.ts";
export type { TailcastErrorCode } from "../error.ts";
export type { EventStreamSource, ReadableByteStream } from "./decode-stream.ts";
export type { DecodedEvent, EventStreamDecoderOptions } from "./decode.ts";
export type { EventFields } from "./encode.ts";
export type { ExplainedLine, LineKind } from "./explain.ts";
export type { SequenceId } from "./sequence-id.ts";
export type { StreamFaultKind } from "./stream-fault.ts";
