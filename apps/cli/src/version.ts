/** The release; the build sets it. */
export const version = process.env.GHOSTC_VERSION ?? '0.1.0';
