/** Writes a size for people: `512 bytes`, `1.5 KiB`, `100 MiB`, `1.9 GiB`. */
export function formatBytes(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), 3);
  if (power === 0) return `${bytes} ${bytes === 1 ? "byte" : "bytes"}`;
  return `${Number((bytes / 1024 ** power).toFixed(1))} ${["", "KiB", "MiB", "GiB"][power]}`;
}
