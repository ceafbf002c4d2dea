import type { JSX } from 'preact';
import { counted } from '../counted.ts';
import type { PaneProps } from './pane-props.ts';

/** Integers, with ranges from pictures that are dropped or chosen. The int8 model then takes the model's place in every pane. */
export function QuantizePane({ model, pictures, setPictures, quantize, task }: PaneProps): JSX.Element {
  return (
    <>
      <p>
        Drop pictures like those that {model.name} will see, or choose some. The ranges of its values on them
        become the scales of an int8 model, which all panes show then.
      </p>
      <div class="choices">
        <label class="file">
          Choose pictures
          <input
            type="file"
            accept="image/*"
            multiple
            onChange={({ currentTarget }) => setPictures([...(currentTarget.files ?? [])])}
          />
        </label>
        <button type="button" disabled={pictures.length === 0 || task.busy} onClick={quantize}>
          Quantise with {counted(pictures.length, 'picture')}
        </button>
      </div>
    </>
  );
}
