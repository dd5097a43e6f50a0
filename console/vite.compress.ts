import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { brotliCompressSync, constants, gzipSync } from "node:zlib"
import type { Plugin } from "vite"

const TEXT = /\.(js|css|html|svg|json|txt|webmanifest)$/
const WORTH_BYTES = 512

/** Writes a `.br` and a `.gz` beside every text file of the build; the gateway serves them by Accept-Encoding. */
export function compressed(): Plugin {
  let folder = ""
  return {
    name: "torana-compressed",
    apply: "build",
    configResolved(config) {
      folder = join(config.root, config.build.outDir)
      if (config.build.outDir.startsWith("/")) folder = config.build.outDir
    },
    closeBundle() {
      for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
        const path = join(folder, name)
        if (!TEXT.test(name) || statSync(path).size < WORTH_BYTES) continue
        const plain = readFileSync(path)
        const quality = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY }
        writeFileSync(`${path}.br`, brotliCompressSync(plain, { params: quality }))
        writeFileSync(`${path}.gz`, gzipSync(plain, { level: 9 }))
      }
    },
  }
}
