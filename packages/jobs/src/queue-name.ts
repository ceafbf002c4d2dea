/** Name of the queue. Workers of another version may give other results: they have another queue. */
export const queueName = `ghostc-${process.env.GHOSTC_VERSION ?? '0.1.0'}`;
