/** Reads Parquet files for tests, by another author's reader. */
import { zstdDecompressSync } from "node:zlib";
import { type FileMetaData, parquetMetadata, parquetReadObjects } from "hyparquet";

export interface ReadParquet {
  readonly metadata: FileMetaData;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

export async function readParquet(bytes: Buffer): Promise<ReadParquet> {
  // A buffer of its own: Node's small ones share one.
  const file = new Uint8Array(bytes).buffer;
  const rows = await parquetReadObjects({
    file,
    compressors: { ZSTD: (packed) => zstdDecompressSync(packed) },
  });
  return { metadata: parquetMetadata(file), rows };
}
