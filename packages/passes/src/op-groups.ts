import { opsWhere } from '@ghostc/ops';

// Groups of ops as patterns name them, by their facts.

/** What a producer can apply to its own output. */
export const activations = opsWhere(({ epilogue }) => epilogue.kind === 'activation');
/** What can apply an activation to its own output. */
export const producers = opsWhere(({ epilogue }) => epilogue.kind === 'producer');
/** Functions of one operand and of two, that every backend computes element by element. */
export const functions = opsWhere(({ computed }) => computed === 'unary');
export const pairs = opsWhere(({ computed }) => computed === 'binary');

/** Floats that become a table, a clamp, the same op on integers or a layer with integer weights. */
export const tabled = opsWhere(({ integerForm }) => integerForm.kind === 'table');
export const clamps = opsWhere(({ integerForm }) => integerForm.kind === 'clamp');
export const carried = opsWhere(({ integerForm }) => integerForm.kind === 'carried');
export const weighted = opsWhere(({ integerForm }) => integerForm.kind === 'weighted');
/** Floats that become an integer op on activations only: of two operands, and over windows. */
export const requantizedPairs = opsWhere(
  ({ integerForm, traits }) => integerForm.kind === 'requantized' && traits.has('binary'),
);
export const requantizedWindows = opsWhere(
  ({ integerForm, traits }) => integerForm.kind === 'requantized' && traits.has('window'),
);
