/** Infinities and NaN from their bits: WGSL refuses them in constant expressions, so they must pass through a call. */
export const fromBits = 'fn from_bits(bits: u32) -> f32 {\nreturn bitcast<f32>(bits);\n}';
