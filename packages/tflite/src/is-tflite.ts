/** Whether bytes carry the identifier of TFLite models: `TFL3` at byte 4. */
export function isTflite(bytes: Uint8Array): boolean {
  return [...'TFL3'].every((letter, i) => bytes[4 + i] === letter.charCodeAt(0));
}
