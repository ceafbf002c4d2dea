import type { Settings } from '../share.ts';
import type { useTask } from '../use-task.ts';
import type { OpenedModel } from '../worker/protocol.ts';

/** What every pane gets. */
export interface PaneProps {
  readonly model: OpenedModel;
  readonly settings: Settings;
  readonly task: ReturnType<typeof useTask>;
  /** For the ranges of int8. */
  readonly pictures: readonly File[];
  readonly setPictures: (pictures: readonly File[]) => void;
  readonly quantize: () => void;
  /** Opens the model again, after its worker was ended. */
  readonly reopen: () => void;
}

export function requestOf({ device, ram }: Settings) {
  return { device, maxRam: ram ? Number(ram) * 1024 : undefined };
}
