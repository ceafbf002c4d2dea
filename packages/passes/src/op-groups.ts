import { opsWhere } from '@ghostc/ops';

// Groups of ops in pattern notation, by their facts.

/** Ops that a producer can fuse as an activation. */
export const activations = opsWhere(({ epilogue }) => epilogue.kind === 'activation');
/** Ops that can fuse an activation. */
export const producers = opsWhere(({ epilogue }) => epilogue.kind === 'producer');
/** Functions of one operand and of two that every backend computes element by element. */
export const functions = opsWhere(({ computed }) => computed === 'unary');
export const pairs = opsWhere(({ computed }) => computed === 'binary');

/** Float ops that become a table, a clamp, the same op on integers, or a layer with integer weights. */
export const tabled = opsWhere(({ integerForm }) => integerForm.kind === 'table');
export const clamps = opsWhere(({ integerForm }) => integerForm.kind === 'clamp');
export const carried = opsWhere(({ integerForm }) => integerForm.kind === 'carried');
export const weighted = opsWhere(({ integerForm }) => integerForm.kind === 'weighted');
/** Float ops that become an integer op only on activations: with two operands, and over windows. */
export const requantizedPairs = opsWhere(
  ({ integerForm, traits }) => integerForm.kind === 'requantized' && !traits.has('window'),
);
export const requantizedWindows = opsWhere(
  ({ integerForm, traits }) => integerForm.kind === 'requantized' && traits.has('window'),
);
