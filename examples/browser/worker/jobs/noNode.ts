/** Stands for Node's `crypto` and `buffer`, which the NATS client's hashes load only in Node. */
export {};
