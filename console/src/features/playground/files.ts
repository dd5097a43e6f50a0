import type { Attached } from "@/features/playground/turns.ts"

/** Of one file; the gateway may take less (`server.max_body_bytes`). */
export const MOST_BYTES = 20 * 2 ** 20

/** Files as parts of a message take them; those that are too large are left out. */
export async function readFiles(files: readonly File[]): Promise<Attached[]> {
  const fitting = files.filter((file) => file.size <= MOST_BYTES)
  return Promise.all(fitting.map(async (file) => ({ name: file.name || "file", type: file.type || "application/octet-stream", url: await dataUrl(file) })))
}

function dataUrl(file: File): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader()
    reader.onload = () => done(String(reader.result))
    reader.onerror = () => failed(reader.error ?? new Error(file.name))
    reader.readAsDataURL(file)
  })
}
