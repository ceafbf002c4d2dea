import { useRef, useState } from 'preact/hooks';
import { CompilerClient } from './worker/client.ts';
import type { CallName, Calls } from './worker/protocol.ts';

export const client = new CompilerClient();

interface State {
  readonly text?: string;
  readonly done: number;
  readonly busy: boolean;
  readonly error?: string;
}

/** Work of the compiler with its progress. What fails is shown, and gives undefined. */
export function useTask() {
  const [state, setState] = useState<State>({ done: 0, busy: false });
  const controller = useRef<AbortController>(undefined);

  async function run<K extends CallName>(
    call: K,
    argument: Parameters<Calls[K]>[0],
  ): Promise<ReturnType<Calls[K]> | undefined> {
    controller.current = new AbortController();
    setState({ done: 0, busy: true, text: call });
    const { signal } = controller.current;
    try {
      const result = await client.call(call, argument, {
        signal,
        onProgress: ({ stage, step, done }) => setState({ done, busy: true, text: `${stage}: ${step}` }),
      });
      setState({ done: 1, busy: false });
      return result;
    } catch (error) {
      setState({ done: 0, busy: false, error: error instanceof Error ? error.message : String(error) });
      return undefined;
    }
  }
  return { ...state, run, cancel: () => controller.current?.abort() };
}
