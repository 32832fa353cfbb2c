export type { Bucket, ObjectContent, ObjectStorage } from './object-storage.ts';
